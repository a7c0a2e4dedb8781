//! The module's own image, but for one letter: it now asks for "kstrdap", which
//! `simplify_symbols` (kernel/module/main.c) does not find.

use std::io;

use marker::{check, scene};
use module_init::{KernelLog, found};
use nix::errno::Errno;
use nix::kmod::init_module;

use crate::image::{changed, unknown_symbols};
use crate::state::NOTHING;

pub fn run(log: &mut KernelLog) -> io::Result<()> {
    let image = changed(b"\0kstrdup\0", b"\0kstrdap\0")?;
    log.take()?;
    scene!("8. a symbol is missing");
    check!("loading", init_module(&image, c""), Err(Errno::ENOENT));
    check!("the log", unknown_symbols(log)?, ["kstrdap"]);
    check!("found", found()?, NOTHING);
    println!("8. the symbol kstrdap is missing: {}", Errno::ENOENT);
    println!("   the log: Unknown symbol kstrdap (err -2)");
    Ok(())
}
