//! Writes into its standard output, and then ends. Its exit status is the errno of the
//! write, which it can only tell if SIGPIPE does not kill it.
//!
//! It begins as a program in C does: without Rust's runtime, which would ignore SIGPIPE,
//! whatever execve(2) has left.

#![no_main]

use std::io::stdout;

use nix::libc::c_int;
use nix::unistd::write;

// SAFETY: no other function of this program has the name.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    write(stdout(), b"lost").err().map_or(0, |error| error as c_int)
}
