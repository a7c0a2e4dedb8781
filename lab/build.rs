//! Tells the lab which compiler it was built by: the same one compiles the
//! guest programs, and asking it at run time would cost a tenth of a lesson.

use std::process::Command;

fn main() {
    let rustc = std::env::var_os("RUSTC").expect("cargo sets RUSTC");
    let sysroot = Command::new(&rustc).args(["--print", "sysroot"]).output().expect("rustc runs");
    let sysroot = String::from_utf8(sysroot.stdout).expect("rustc speaks UTF-8");
    println!("cargo::rustc-env=RUSTC_SYSROOT={}", sysroot.trim());
    let output = Command::new(rustc).arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8(output.stdout).expect("rustc speaks UTF-8");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc -vV");
    println!("cargo::rustc-env=RUSTC_HOST={host}");
    println!("cargo::rustc-env=RUSTC_VERSION={}", version.trim().replace('\n', "; "));
    println!("cargo::rerun-if-changed=build.rs");
}
