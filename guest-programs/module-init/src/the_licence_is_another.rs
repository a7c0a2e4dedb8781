//! The module's own image, but for its licence. `find_exported_symbol_in_section`
//! (kernel/module/main.c) passes over symbols that are for GPL modules only, and the
//! kernel remembers that there was such a module.

use std::io;

use marker::{check, scene};
use module_init::{KernelLog, found};
use nix::errno::Errno;
use nix::kmod::init_module;

use crate::image::{changed, unknown_symbols};
use crate::state::{NOTHING, tainted};

pub fn run(log: &mut KernelLog) -> io::Result<()> {
    let image = changed(b"license=GPL\0", b"license=XYZ\0")?;
    let before = tainted()?;
    log.take()?;
    scene!("9. the licence is another");
    check!("loading", init_module(&image, c""), Err(Errno::ENOENT));
    let missing = unknown_symbols(log)?;
    let for_gpl_only = missing.iter().any(|symbol| symbol == "class_create");
    check!("class_create, for GPL modules only", for_gpl_only, true);
    let for_all = missing.iter().any(|symbol| symbol == "kstrdup");
    check!("kstrdup, for all modules", for_all, false);
    check!("found", found()?, NOTHING);
    println!("9. MODULE_LICENSE(\"XYZ\"): {}", Errno::ENOENT);
    println!("   class_create and {} more are unknown to it", missing.len() - 1);

    // Bit 0, 'P': a module that is not GPL. That it was refused does not
    // matter, and only a reboot clears it.
    check!("taints", tainted()?, before | 1);
    println!("   the kernel is tainted: {before} before, {} for ever", tainted()?);
    Ok(())
}
