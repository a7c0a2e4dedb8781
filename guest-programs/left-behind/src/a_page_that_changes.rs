//! The page from which the vDSO reads: `[vvar]` in /proc/self/maps. No program can write it. The
//! kernel does at the clock's interrupt (`update_vsyscall`, kernel/time/vsyscall.c), every 4 ms
//! here. What its words mean is between the kernel and its vDSO. This program only waits until
//! one of them is another.
//!
//! It is a real-time task meanwhile: PID 1 does not run, only an interrupt comes in between.

use std::fs;
use std::ptr;

use marker::{check, mark, scene};
use nix::errno::Errno;
use nix::sys::prctl::set_name;
use steps::{errno, run_among_others, run_second};

const WORDS: usize = 4096 / size_of::<u64>();

pub fn run() -> nix::Result<()> {
    let page = find()?;
    run_second()?;
    set_name(c"watcher")?;
    scene!("4. reads the vDSO's page again and again, until it is another");
    let before = read(page);
    while read(page) == before {}
    mark!("4. it is another");
    set_name(c"left-behind")?;
    run_among_others()?;
    println!("4. the vDSO's page: written while this program was in no call");
    Ok(())
}

/// The address of the page.
fn find() -> nix::Result<usize> {
    let maps = fs::read_to_string("/proc/self/maps").map_err(errno)?;
    let line = maps.lines().find(|line| line.ends_with("[vvar]")).ok_or(Errno::ENOENT)?;
    check!("what a program may do", line.contains(" r--p "), true);
    let address = line.split('-').next().unwrap_or_default();
    usize::from_str_radix(address, 16).map_err(|_| Errno::EINVAL)
}

fn read(page: usize) -> [u64; WORDS] {
    let words: *const u64 = ptr::with_exposed_provenance(page);
    // SAFETY: the page is mapped as long as the program runs, and it can be read. The kernel
    // may write meanwhile, which is what is waited for.
    std::array::from_fn(|n| unsafe { words.add(n).read_volatile() })
}
