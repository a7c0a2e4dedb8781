//! Becomes root in its own user namespace, which any user may do, and tries to act as
//! root outside.

use std::fs::OpenOptions;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

fn main() {
    println!("user namespace: {:?}", unshare(CloneFlags::CLONE_NEWUSER));
    println!("mount namespace: {:?}", unshare(CloneFlags::CLONE_NEWNS));
    let none: Option<&str> = None;
    println!("mount: {:?}", mount(none, "/tmp", Some("tracefs"), MsFlags::empty(), none));
    let open = |path| OpenOptions::new().write(true).open(path).map(drop).map_err(|e| e.kind());
    println!("mark: {:?}", open("/sys/kernel/tracing/trace_marker"));
    println!("program: {:?}", open("/lab/harness"));
}
