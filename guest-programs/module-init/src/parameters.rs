//! A value that is none stops the loading (`parse_one`, kernel/params.c). A parameter
//! that is none does not (`unknown_module_param_cb`, kernel/module/main.c).

use std::io;

use marker::{check, mark, scene};
use module_init::{KernelLog, found, load, remove};
use nix::errno::Errno;

use crate::state::NOTHING;

pub fn run(log: &mut KernelLog) -> io::Result<()> {
    scene!("7. fail_at=never");
    check!("a bad value", load(c"fail_at=never"), Err(Errno::EINVAL));
    check!("found", found()?, NOTHING);
    println!("7. parameter fail_at=never: {}", Errno::EINVAL);

    log.take()?;
    mark!("7. fial_at=1: not a parameter");
    check!("an unknown parameter", load(c"fial_at=1"), Ok(()));
    let said = "lab_module_init: unknown parameter 'fial_at' ignored";
    check!("a warning", log.take()?.iter().any(|message| message == said), true);
    mark!("7. end");
    remove(c"lab_module_init")?;
    println!("   parameter fial_at=1, misspelt: loads; the log has a warning");
    Ok(())
}
