//! A robust list, by hand. A task that holds a lock has the lock's entry in a list, and has
//! told the kernel where the list is. In the lock's word is the owner's number. When the owner
//! ends, however it ends, `exit_robust_list` (kernel/futex/core.c) goes through the list: a word
//! with that number becomes FUTEX_OWNER_DIED, and one that waits is woken.

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::Ordering::SeqCst;

use marker::{check, scene};
use nix::libc::{FUTEX_OWNER_DIED, FUTEX_WAITERS, c_void};
use nix::sys::prctl::set_name;
use nix::unistd::{getpid, gettid};
use steps::{Gate, ended_well, exit, start, wait_until_asleep};

use crate::futex::{List, set_robust_list, wait};
use crate::page::{File, Page};

pub fn run() -> nix::Result<()> {
    let page = Page::of(&File::with(0)?)?;
    let word = &page.words()[0];
    let (gate, program) = (Gate::new()?, getpid());
    scene!("9. a child takes a lock with a robust list, and ends while the program waits");
    let child = start(|| {
        set_name(c"owner")?;
        let mut list = List::unlinked();
        // The entry: its only part is the address of the next, and that is the list.
        let entry = Cell::new(ptr::null::<c_void>());
        list.first = entry.as_ptr().cast();
        list.offset = word.as_ptr().addr().cast_signed() - entry.as_ptr().addr().cast_signed();
        entry.set((&raw const list).cast());
        // SAFETY: list and entry are there until this task has ended.
        unsafe { set_robust_list(&raw const list, size_of::<List>())? };
        word.store(gettid().as_raw().cast_unsigned(), SeqCst);
        gate.open()?;
        wait_until_asleep(program)?;
        exit(0)
    })?;
    gate.wait()?;
    set_name(c"waiter")?;
    let owner = child.as_raw().cast_unsigned();
    check!("the owner", word.fetch_or(FUTEX_WAITERS, SeqCst), owner);
    wait(word, owner | FUTEX_WAITERS)?;
    check!("the word", word.load(SeqCst), FUTEX_OWNER_DIED | FUTEX_WAITERS);
    set_name(c"left-behind")?;
    ended_well(child)?;
    println!("9. robust list: the owner ends, the word says FUTEX_OWNER_DIED, and I am woken");
    Ok(())
}
