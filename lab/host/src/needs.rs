//! The one table of what the lab needs from the host, each entry with its reason.
//!
//! The kernel's own list is `Documentation/process/changes.rst`. This table has the part
//! of it that building this kernel really uses, found by building with nothing else on
//! the PATH.
//!
//! A minimum is the oldest version that was tested, not the oldest that might work.

use std::fmt;

/// The file with which a folder says that it is a pack of the lab: all that it needs but
/// the host's own programs.
pub const PACK: &str = "pack.json";

/// How to find out whether the host has something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    /// A program on the PATH. The argument makes it print its version.
    Program { version_arg: &'static str },
    /// A file that the compiler or linker finds by itself.
    File { places: &'static [&'static str] },
}

/// The package that provides something, for each family of distributions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packages {
    /// Debian, Ubuntu and similar.
    pub apt: &'static str,
    /// Fedora and similar.
    pub dnf: &'static str,
    /// Arch and similar.
    pub pacman: &'static str,
    /// openSUSE.
    pub zypper: &'static str,
}

/// One thing that the lab needs or can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The name of the program, header or library.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// The oldest version that was tested. Older ones are refused.
    pub minimum: Option<Version>,
    pub wanted: Wanted,
    /// Where it is wanted.
    pub(super) at: Kit,
    pub packages: Packages,
    pub(super) probe: Probe,
}

/// What the lab has on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kit {
    /// A pack: all built, except what students write.
    Pack,
    /// A checkout: everything is built from its source.
    Checkout,
}

/// Which commands want something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Every command that runs something in the machine needs it.
    ByAll,
    /// Only some commands want it, so it is optional.
    BySome {
        /// These commands need it.
        needed: &'static [&'static str],
        /// These commands do more with it. It is installed for them if possible.
        used: &'static [&'static str],
    },
}

/// The major and minor numbers of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Version(major, 0) => write!(f, "{major}"),
            Version(major, minor) => write!(f, "{major}.{minor}"),
        }
    }
}

/// The commands that run something in the machine. The others work on a host that lacks
/// something.
pub const COMMANDS: &[&str] = &[
    "run", "exec", "suite", "shell", "test", "check", "watch", "grade", "debug", "bench", "soak",
    "setup", "pack",
];

/// The emulator that runs the machine.
pub const QEMU: &str = "qemu-system-x86_64";
/// The shell in the machine, and every tool that can be called from it.
pub const BUSYBOX: &str = "busybox";
/// The browser that looks at the lab's pages.
pub const CHROMIUM: &str = "chromium";
/// The reader of `trace.dat` files.
pub const TRACE_CMD: &str = "trace-cmd";
/// What editors ask about C files.
pub const CLANGD: &str = "clangd";
/// What drives the build of kernels and modules.
pub const MAKE: &str = "make";
/// The compiler for the lab itself.
pub const RUSTC: &str = "rustc";

const fn same(name: &'static str) -> Packages {
    Packages { apt: name, dnf: name, pacman: name, zypper: name }
}

const fn program(name: &'static str, package: Packages, purpose: &'static str) -> Need {
    let probe = Probe::Program { version_arg: "--version" };
    let (wanted, at) = (Wanted::ByAll, Kit::Checkout);
    Need { name, purpose, minimum: None, wanted, at, packages: package, probe }
}

const fn file(
    name: &'static str,
    places: &'static [&'static str],
    packages: Packages,
    purpose: &'static str,
) -> Need {
    let probe = Probe::File { places };
    let (wanted, at) = (Wanted::ByAll, Kit::Checkout);
    Need { name, purpose, minimum: None, wanted, at, packages, probe }
}

/// Everything, in the order of use.
pub const NEEDS: &[Need] = &[
    Need {
        minimum: Some(Version(7, 2)),
        at: Kit::Pack,
        ..program(
            QEMU,
            Packages {
                apt: "qemu-system-x86",
                dnf: "qemu-system-x86-core",
                pacman: "qemu-system-x86",
                zypper: "qemu-x86",
            },
            "is the machine",
        )
    },
    Need { minimum: Some(Version(4, 3)), ..program(MAKE, same(MAKE), "drives the kernel's build") },
    Need {
        minimum: Some(Version(11, 0)),
        ..program("gcc", same("gcc"), "compiles the kernel and its modules, links guest programs")
    },
    program("ld", same("binutils"), "links the kernel"),
    program("strip", same("binutils"), "makes the kernel's image small"),
    program("flex", same("flex"), "makes the parser of the kernel's configuration"),
    program("bison", same("bison"), "makes the parser of the kernel's configuration"),
    program("bc", same("bc"), "computes the kernel's time constants"),
    program("awk", Packages { apt: "mawk", ..same("gawk") }, "makes the kernel's tables"),
    program("cmp", same("diffutils"), "sees which generated files have changed"),
    program("find", same("findutils"), "lists files for the kernel's build"),
    file(
        "gelf.h",
        &["/usr/include/gelf.h", "/usr/include/libelf/gelf.h", "/usr/local/include/gelf.h"],
        Packages {
            apt: "libelf-dev",
            dnf: "elfutils-libelf-devel",
            pacman: "libelf",
            zypper: "libelf-devel",
        },
        "reads objects, for the kernel's objtool",
    ),
    file(
        "libc.a",
        &["/usr/lib/x86_64-linux-gnu/libc.a", "/usr/lib64/libc.a", "/usr/lib/libc.a"],
        Packages {
            apt: "libc6-dev",
            dnf: "glibc-static",
            pacman: "glibc",
            zypper: "glibc-devel-static",
        },
        "links guest programs statically",
    ),
    program("tar", same("tar"), "unpacks the kernel's source"),
    program("xz", Packages { apt: "xz-utils", ..same("xz") }, "unpacks the kernel's source"),
    Need {
        minimum: Some(Version(1, 95)),
        ..program(RUSTC, same("rustup"), "compiles the lab and its guest programs")
    },
    Need {
        wanted: Wanted::BySome { needed: &["debug"], used: &[] },
        ..program("gdb", same("gdb"), "debugs the kernel and its modules")
    },
    Need {
        wanted: Wanted::BySome { needed: &["shell"], used: &["test"] },
        ..program(
            BUSYBOX,
            Packages { apt: "busybox-static", ..same("busybox") },
            "is the shell in the machine",
        )
    },
    Need {
        wanted: Wanted::BySome { needed: &[], used: &["test"] },
        ..program(CHROMIUM, same("chromium"), "looks at the pages of runs")
    },
    Need {
        wanted: Wanted::BySome { needed: &[], used: &["test"] },
        ..program(TRACE_CMD, same("trace-cmd"), "reads the traces of runs")
    },
    Need {
        wanted: Wanted::BySome { needed: &[], used: &["test"] },
        ..program(
            CLANGD,
            Packages {
                apt: "clangd",
                dnf: "clang-tools-extra",
                pacman: "clang",
                zypper: "clang-tools",
            },
            "tells editors what is wrong in a module",
        )
    },
];

impl Need {
    /// Whether the lab wants it there. What a student's file is compiled with is wanted in
    /// a pack only when it is [required](crate::require).
    pub fn is_wanted_in(&self, kit: Kit) -> bool {
        self.at <= kit || self.wanted != Wanted::ByAll
    }

    /// The commands that want something optional.
    pub fn commands(&self) -> Vec<&'static str> {
        match self.wanted {
            Wanted::ByAll => Vec::new(),
            Wanted::BySome { needed, used } => [needed, used].concat(),
        }
    }

    /// Whether a command needs it.
    pub fn is_needed_by(&self, command: &str) -> bool {
        match self.wanted {
            Wanted::ByAll => COMMANDS.contains(&command),
            Wanted::BySome { needed, .. } => needed.contains(&command),
        }
    }

    /// Whether a command can use it but works without it.
    pub fn is_used_by(&self, command: &str) -> bool {
        matches!(self.wanted, Wanted::BySome { used, .. } if used.contains(&command))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::read_to_string;
    use std::path::Path;

    /// One sentence in the README and one line in the workspace's manifest repeat this
    /// table.
    #[test]
    fn readme_and_manifests_name_the_same_minimums() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let minimum = |name: &str| {
            let need = NEEDS.iter().find(|need| need.name == name).expect("it is needed");
            need.minimum.expect("it has a minimum")
        };
        let [qemu, make, gcc, rustc] = [QEMU, "make", "gcc", RUSTC].map(minimum);
        let readme = read_to_string(root.join("README.md")).unwrap().replace('\n', " ");
        let sentence = format!("are QEMU {qemu}, make {make}, gcc {gcc} and Rust {rustc};");
        assert!(readme.contains(&sentence), "the README does not say: {sentence}");
        let workspace = read_to_string(root.join("Cargo.toml")).unwrap();
        assert!(workspace.contains(&format!("\nrust-version = \"{rustc}\"\n")), "{workspace}");
        for package in ["lab", "lab/host", "tests", "xtask", "xtask/cli"] {
            let manifest = read_to_string(root.join(package).join("Cargo.toml")).unwrap();
            assert!(manifest.contains("\nrust-version.workspace = true\n"), "{package}");
        }
        let named = [QEMU, MAKE, "gcc", RUSTC];
        for need in NEEDS {
            assert_eq!(need.minimum.is_some(), named.contains(&need.name), "{}", need.name);
        }
    }
}
