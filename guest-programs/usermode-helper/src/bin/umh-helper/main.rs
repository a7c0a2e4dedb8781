//! All helpers of the lesson. Its name says which it is to be.
//!
//! It begins as a program in C does: without Rust's runtime, which would open /dev/null in
//! place of a missing standard input or output.

#![no_main]

mod core;
mod given;
mod late;
mod lesson;
mod modprobe;
mod patient;
mod place;

use std::env;
use std::io::{self, stdin};

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::c_int;

// SAFETY: no other function of this program has the name.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    // open_trace takes the first number that is free, and that may be 0.
    let input = fcntl(stdin(), FcntlArg::F_GETFD).is_ok();
    marker::open_trace();
    match run(input) {
        Ok(()) => 0,
        Err(_) => 1,
    }
}

fn run(input: bool) -> io::Result<()> {
    match env::args().next().as_deref() {
        Some("/lab/modprobe") => modprobe::run(),
        Some("/lab/given") => given::run(input),
        Some("/lab/place") => place::run(),
        Some("/lab/patient") => patient::run(),
        Some("/lab/core-handler") => core::run(),
        Some("/lab/late-handler") => late::run(),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}
