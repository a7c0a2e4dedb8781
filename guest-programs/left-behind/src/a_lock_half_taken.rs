//! A task may end between the instruction that takes the lock and the one that puts it into
//! the list. So it says beforehand which lock it is about to take, in the list's `pending`.
//! The kernel looks there, too. If the number in the word is not the task's, it had not come
//! to take it.

use marker::{check, scene};
use nix::libc::FUTEX_OWNER_DIED;
use nix::unistd::gettid;
use steps::{ended_well, exit, start};

use crate::futex::{List, set_robust_list};
use crate::page::{File, Page};

pub fn run() -> nix::Result<()> {
    let file = File::with(0)?;
    let page = Page::of(&file)?;
    scene!("10. a child ends with the lock in its word, but not yet in its list");
    let child = start(|| {
        let mut list = List::unlinked();
        list.first = (&raw const list).cast();
        list.pending = page.words()[0].as_ptr().cast();
        // SAFETY: the list is there until this task has ended. There is nothing at the place
        // of the pending entry but the word: the kernel does not read where it leads to.
        unsafe { set_robust_list(&raw const list, size_of::<List>())? };
        // Not by a store, so that the page stays untouched.
        file.put(gettid().as_raw().cast_unsigned())?;
        exit(0)
    })?;
    ended_well(child)?;
    check!("the word", page.value(), FUTEX_OWNER_DIED);
    println!("10. the lock is in no list, only in list_op_pending: FUTEX_OWNER_DIED, too");
    Ok(())
}
