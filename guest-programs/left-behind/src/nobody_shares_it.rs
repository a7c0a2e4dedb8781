//! The same in a process that has its memory for itself. That is about to go, so nothing is
//! written: `mm_release` looks at the number of its users first. Although the page is a
//! file's, which the parent shares: that is not the same as the memory.

use marker::{check, scene};
use steps::{ended_well, start};

use crate::futex::set_tid_address;
use crate::page::{File, Page};

pub fn run() -> nix::Result<()> {
    let page = Page::of(&File::with(7)?)?;
    scene!("7. a child, with a memory of its own, names the word, and ends");
    let child = start(|| {
        // SAFETY: nobody else uses the word.
        unsafe { set_tid_address(page.words()[0].as_ptr()) };
        Ok(())
    })?;
    ended_well(child)?;
    check!("the word", page.value(), 7);
    println!("7. a process with a memory of its own: the word is still 7");
    Ok(())
}
