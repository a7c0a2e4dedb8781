//! Each step fails with another errno, and `do_init_module` (kernel/module/main.c)
//! passes each on to this program unchanged.

use std::ffi::CString;
use std::io;

use marker::{check, scene};
use module_init::{STEPS, found, load};
use nix::errno::Errno;

use crate::state::NOTHING;

pub fn run() -> io::Result<()> {
    let errors =
        [Errno::ENOMEM, Errno::EIO, Errno::EBUSY, Errno::EEXIST, Errno::ENOSPC, Errno::EPERM];
    for (step, error) in (1..=STEPS).zip(errors) {
        let params = CString::new(format!("fail_at={step} error={}", error as i32))?;
        scene!("4. step {} fails: {}", step, error);
        check!("loading", load(&params), Err(error));
        check!("found after the failure", found()?, NOTHING);
        println!("4. step {step} of {STEPS} fails: finit_module {error:?}, found nothing");
    }
    Ok(())
}
