//! Says what it was given.
//!
//! It begins as a program in C does: without Rust's runtime, which would open /dev/null in
//! place of a missing standard input or output.

#![no_main]

use std::env;
use std::io::stdin;
use std::os::unix::process::parent_id;
use std::path::Path;

use marker::mark;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc::c_int;
use steps::proc_value;

// SAFETY: no other function of this program has the name.
#[unsafe(no_mangle)]
extern "C" fn main() -> c_int {
    // Before open_trace, which takes the first number that is free.
    let input = fcntl(stdin(), FcntlArg::F_GETFD);
    marker::open_trace();
    let arguments: Vec<String> = env::args().collect();
    mark!("helper: {}", arguments.join(" "));
    let variables: Vec<String> =
        env::vars().map(|(name, value)| format!("{name}={value}")).collect();
    mark!("helper: {}", variables.join(" "));
    mark!("helper: its parent is a {}", name_of_parent());
    if env::current_dir().is_ok_and(|directory| directory == Path::new("/")) {
        mark!("helper: its directory is /");
    }
    if input == Err(Errno::EBADF) {
        mark!("helper: it has no standard input: EBADF");
    }
    0
}

/// The name of its parent without what tells one kworker from another.
fn name_of_parent() -> String {
    let status = format!("/proc/{}/status", parent_id());
    let name = proc_value(&status, "Name").unwrap_or_default();
    name.split('/').next().unwrap_or_default().to_owned()
}
