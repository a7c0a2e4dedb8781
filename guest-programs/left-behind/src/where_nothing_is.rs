//! The kernel takes a task's word for what is where. If nothing is mapped there as the task
//! ends, it writes nothing, and tells nobody: who could be told?

use std::ptr;

use marker::scene;

use crate::futex::{List, set_robust_list, set_tid_address};
use crate::sharer;

/// Where nothing is ever mapped: the first page (vm.mmap_min_addr, proc_sys_vm(5)).
const NOWHERE: usize = 0x10;

pub fn run() -> nix::Result<()> {
    scene!("18. a task names a list and a word where nothing is mapped, and ends");
    sharer::run(|| {
        // SAFETY: the kernel finds nothing there.
        unsafe {
            set_robust_list(ptr::without_provenance(NOWHERE), size_of::<List>())?;
            set_tid_address(ptr::without_provenance(NOWHERE));
        }
        Ok(())
    })?;
    println!("18. a list and a word where nothing is: the task ends, with 0");
    Ok(())
}
