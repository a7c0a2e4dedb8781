//! The one table of kernel sources that the lab knows by hash.
//!
//! Only the hash identifies an archive. Its origin and file name do not matter.

/// An archive of the kernel's source.
#[derive(Debug)]
pub struct Pinned {
    /// Where it comes from, in words.
    pub origin: &'static str,
    /// Its release.
    pub release: &'static str,
    /// The archive's sha256, in hexadecimal.
    pub sha256: &'static str,
    /// URLs of the archive, tried in this order.
    pub urls: &'static [&'static str],
}

/// Sources in the order in which they are tried. Lessons were recorded with the first.
/// Another 6.12.y gives other times and may give other facts; a fact that needs a minimum
/// patch level says so.
pub const PINNED: &[Pinned] = &[
    Pinned {
        origin: "Debian's linux-source-6.12 6.12.117-1~deb12u1",
        release: "6.12.117",
        sha256: "e849faf31ca3555757f3a8877cb01af92122f744f75d1f3102734651c4e14703",
        // The first server keeps a package for a while after its index has moved on. With
        // the next point release the package moves to the second.
        urls: &[
            "http://deb.debian.org/debian-security/pool/updates/main/l/linux-6.12/linux-source-6.12_6.12.117-1~deb12u1_all.deb",
            "http://deb.debian.org/debian/pool/main/l/linux-6.12/linux-source-6.12_6.12.117-1~deb12u1_all.deb",
        ],
    },
    Pinned {
        origin: "kernel.org's linux-6.12.64.tar.xz",
        release: "6.12.64",
        // The sum that kernel.org publishes in `sha256sums.asc` beside the file.
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
