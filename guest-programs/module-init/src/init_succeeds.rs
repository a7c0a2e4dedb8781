//! `do_init_module` (kernel/module/main.c) calls the module's init: six steps, of which
//! user space finds traces in eight places.

use std::io;

use marker::{check, mark, scene};
use module_init::{found, load, remove};

use crate::state::{ALL, NOTHING};

pub fn run() -> io::Result<()> {
    check!("found before", found()?, NOTHING);
    scene!("1. init succeeds");
    load(c"")?;
    check!("found while loaded", found()?, ALL);
    mark!("1. and exit");
    remove(c"lab_module_init")?;
    check!("found after exit", found()?, NOTHING);
    println!("1. init returns 0: found in {} places; after exit in none", ALL.len());
    Ok(())
}
