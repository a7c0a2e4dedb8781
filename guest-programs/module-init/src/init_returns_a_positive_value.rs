//! A value above 0 is no failure: `do_init_module` (kernel/module/main.c) warns, and
//! loads the module.

use std::io;

use marker::{check, mark, scene};
use module_init::{KernelLog, found, load, remove};

use crate::state::ALL;

pub fn run(log: &mut KernelLog) -> io::Result<()> {
    log.take()?;
    scene!("6. init returns 5");
    check!("loading", load(c"returns=5"), Ok(()));
    check!("found", found()?, ALL);
    let said = "do_init_module: 'lab_module_init'->init suspiciously returned 5, \
                it should follow 0/-E convention";
    let messages = log.take()?;
    check!("a warning", messages.iter().any(|message| message.starts_with(said)), true);
    let stack = messages.iter().any(|message| message.contains("do_init_module+"));
    check!("a stack in the log", stack, true);
    mark!("6. end");
    remove(c"lab_module_init")?;
    println!("6. init returns 5: finit_module returns 0, and all is there");
    println!("   the kernel's log: suspiciously returned 5, and a stack");
    Ok(())
}
