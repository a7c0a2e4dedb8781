//! What the lab needs of the host, each with its reason.
//!
//! The kernel's own list is `Documentation/process/changes.rst`; here is the
//! part of it that this kernel's build was seen to use, found by building with
//! nothing else on the PATH.

/// How to see whether something is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    /// A program on the PATH; the argument makes it print its version.
    Program { version_arg: &'static str },
    /// A file that a compiler or linker finds by itself.
    File { places: &'static [&'static str] },
}

/// The package that brings something, in each family of distributions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packages {
    /// Debian, Ubuntu and their like.
    pub apt: &'static str,
    /// Fedora and its like.
    pub dnf: &'static str,
    /// Arch and its like.
    pub pacman: &'static str,
    /// openSUSE.
    pub zypper: &'static str,
}

/// One thing that the lab needs, or can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The program, header or library.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Major and minor number of the oldest version that will do.
    pub minimum: Option<(u32, u32)>,
    /// What some commands can use and `run` and `test` do without; it is not
    /// installed.
    pub optional: bool,
    pub packages: Packages,
    pub(super) probe: Probe,
}

const fn same(name: &'static str) -> Packages {
    Packages { apt: name, dnf: name, pacman: name, zypper: name }
}

const fn program(name: &'static str, package: Packages, purpose: &'static str) -> Need {
    let probe = Probe::Program { version_arg: "--version" };
    Need { name, purpose, minimum: None, optional: false, packages: package, probe }
}

const fn file(
    name: &'static str,
    places: &'static [&'static str],
    packages: Packages,
    purpose: &'static str,
) -> Need {
    let probe = Probe::File { places };
    Need { name, purpose, minimum: None, optional: false, packages, probe }
}

/// Everything, in the order in which it is used.
pub(super) const NEEDS: &[Need] = &[
    Need {
        minimum: Some((7, 2)),
        ..program(
            "qemu-system-x86_64",
            Packages {
                apt: "qemu-system-x86",
                dnf: "qemu-system-x86-core",
                pacman: "qemu-system-x86",
                zypper: "qemu-x86",
            },
            "is the machine",
        )
    },
    program("make", same("make"), "drives the kernel's build"),
    Need {
        // changes.rst of Linux 6.12
        minimum: Some((5, 1)),
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
        minimum: Some((1, 89)),
        ..program("rustc", same("rustup"), "compiles the lab and its guest programs")
    },
    Need {
        optional: true,
        ..program("gdb", same("gdb"), "debugs the kernel and its modules: `debug`")
    },
    Need {
        optional: true,
        ..program(
            "busybox",
            Packages { apt: "busybox-static", ..same("busybox") },
            "is the shell in the machine: `shell`",
        )
    },
];
