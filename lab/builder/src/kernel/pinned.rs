//! The kernel's sources that are known by their hash: the one table of them.
//!
//! What the hash says is the whole of it: where an archive comes from does not
//! matter, nor what it is called.

/// An archive of the kernel's source.
#[derive(Debug)]
pub struct Pinned {
    /// In words.
    pub origin: &'static str,
    /// Its release.
    pub release: &'static str,
    /// Of the archive, in hexadecimal.
    pub sha256: &'static str,
    /// Where it can be had, asked in this order.
    pub urls: &'static [&'static str],
}

/// In the order in which they are tried. The recorded bytes of lessons belong to
/// the first. Another 6.12.y gives other times, and may give other facts: one that
/// holds from some patch level on says so.
pub const PINNED: &[Pinned] = &[
    Pinned {
        origin: "Debian's linux-source-6.12 6.12.117-1~deb12u1",
        release: "6.12.117",
        sha256: "e849faf31ca3555757f3a8877cb01af92122f744f75d1f3102734651c4e14703",
        // An archive keeps a package after its index has moved on, for a while; it
        // moves to the second with the next point release.
        urls: &[
            "http://deb.debian.org/debian-security/pool/updates/main/l/linux-6.12/linux-source-6.12_6.12.117-1~deb12u1_all.deb",
            "http://deb.debian.org/debian/pool/main/l/linux-6.12/linux-source-6.12_6.12.117-1~deb12u1_all.deb",
        ],
    },
    Pinned {
        origin: "kernel.org's linux-6.12.64.tar.xz",
        release: "6.12.64",
        // As kernel.org publishes it in `sha256sums.asc` beside the file.
        sha256: "d1ad94a33681148efe884f4028970d69e332f2b003f0e8be53a1d25de38e49a2",
        urls: &["https://cdn.kernel.org/pub/linux/kernel/v6.x/linux-6.12.64.tar.xz"],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_url_is_of_its_release() {
        for Pinned { origin, release, sha256, urls } in PINNED {
            assert!(origin.contains(release) && sha256.len() == 64, "{origin}");
            assert!(!urls.is_empty() && urls.iter().all(|url| url.contains(release)), "{origin}");
        }
    }
}
