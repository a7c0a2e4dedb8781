//! Hosts that the lab cannot work on, no matter what is installed.

use std::env::consts::{ARCH, OS};

/// Why the lab cannot work on this host and what to use instead. `None` if it can work.
pub fn unsupported() -> Option<String> {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let gnu = cfg!(target_env = "gnu");
    judge(&System { os: OS, arch: ARCH, release: release.trim(), gnu })
}

/// The properties of a host that decide.
struct System<'a> {
    /// Rust's name: `linux`, `macos`.
    os: &'a str,
    /// Rust's name: `x86_64`, `aarch64`.
    arch: &'a str,
    /// What `uname -r` prints.
    release: &'a str,
    /// Whether the toolchain's programs use glibc.
    gnu: bool,
}

fn judge(system: &System<'_>) -> Option<String> {
    const INSTEAD: &str = "use a Linux machine with an x86-64 processor, a virtual machine or a \
                           container on one, or a CI runner";
    match *system {
        System { os: "macos", .. } => Some(format!("Upcall does not run on macOS: {INSTEAD}")),
        System { os, .. } if os != "linux" => {
            Some(format!("Upcall runs on Linux, and this is {os}: {INSTEAD}"))
        }
        System { arch, .. } if arch != "x86_64" => {
            Some(format!("Upcall runs on x86-64, and this is {arch}: {INSTEAD}"))
        }
        // WSL2 has its own kernel, `…-microsoft-standard-WSL2`.
        System { release, .. } if release.ends_with("-Microsoft") => Some(
            "Upcall does not run on WSL1, which has no Linux kernel: \
             `wsl --set-version DISTRIBUTION 2` makes it WSL2, which has one"
                .to_owned(),
        ),
        System { gnu: false, .. } => Some(
            "Upcall needs Rust's toolchain for glibc: \
             `rustup toolchain install stable-x86_64-unknown-linux-gnu`"
                .to_owned(),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINUX: System<'_> =
        System { os: "linux", arch: "x86_64", release: "6.1.0-47-amd64", gnu: true };

    #[test]
    fn linux_on_x86_64_will_do() {
        assert_eq!(judge(&LINUX), None);
        let release = "5.15.167.4-microsoft-standard-WSL2";
        assert_eq!(judge(&System { release, ..LINUX }), None);
    }

    #[test]
    fn other_hosts_are_named_with_what_to_use_instead() {
        let begins = |system, beginning: &str| {
            let told = judge(&system).unwrap();
            assert!(told.starts_with(beginning) && !told.contains('\n'), "{told}");
        };
        let mac = System { os: "macos", arch: "aarch64", release: "", gnu: false };
        begins(mac, "Upcall does not run on macOS: use a Linux machine");
        let bsd = System { os: "freebsd", release: "14.1", ..LINUX };
        begins(bsd, "Upcall runs on Linux, and this is freebsd: use a Linux machine");
        let arm = System { arch: "aarch64", ..LINUX };
        begins(arm, "Upcall runs on x86-64, and this is aarch64: use a Linux machine");
        let wsl1 = System { release: "4.4.0-19041-Microsoft", ..LINUX };
        begins(wsl1, "Upcall does not run on WSL1, which has no Linux kernel: `wsl");
        let musl = System { gnu: false, ..LINUX };
        begins(musl, "Upcall needs Rust's toolchain for glibc: `rustup");
    }
}
