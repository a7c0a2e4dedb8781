//! A task that has named a word by set_tid_address(2), or was made with CLONE_CHILD_CLEARTID,
//! writes 0 there as it ends: `mm_release` (kernel/fork.c), in the exit. It is the last thing
//! that it does with its memory. Then it wakes one that waits for the word.

use marker::{check, scene};

use crate::futex::set_tid_address;
use crate::page::{File, Page};
use crate::sharer;

pub fn run() -> nix::Result<()> {
    let page = Page::of(&File::with(7)?)?;
    scene!("6. a task that shares this memory names a word that is 7, and ends");
    sharer::run(|| {
        // SAFETY: nobody else uses the word.
        unsafe { set_tid_address(page.words()[0].as_ptr()) };
        Ok(())
    })?;
    check!("the word", page.value(), 0);
    println!("6. set_tid_address: the word was 7; the task has ended, and it is 0");
    Ok(())
}
