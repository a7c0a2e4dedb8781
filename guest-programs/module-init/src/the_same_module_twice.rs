//! The name is taken: `module_patient_check_exists` (kernel/module/main.c) refuses it
//! before init is called.

use std::io;

use marker::{check, mark, scene};
use module_init::{found, load, remove};
use nix::errno::Errno;

use crate::state::ALL;

pub fn run() -> io::Result<()> {
    scene!("3. the same module twice");
    check!("loading it again", load(c""), Err(Errno::EEXIST));
    check!("found", found()?, ALL);
    mark!("3. end");
    remove(c"lab_module_init")?;
    println!("3. the same module twice: {}", Errno::EEXIST);
    Ok(())
}
