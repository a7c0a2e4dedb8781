//! What happens when init fails?
//!
//! This program loads `kmods/module_init` again and again, and each time tells
//! its init at which step to fail. Look in the timeline at what init sets up,
//! at what it undoes, and at what finit_module(2) returns.
//!
//! Documented in init_module(2), which has finit_module(2) too, and in
//! delete_module(2); the kernel's side in kernel/module/main.c.

mod init_succeeds;
mod the_module_is_in_use;
mod the_same_module_twice;
mod each_step_fails;
mod the_device_is_missing;
mod init_returns_a_positive_value;
mod parameters;
mod a_symbol_is_missing;
mod the_licence_is_another;
mod init_signals_its_loader;

mod image;
mod state;

use std::io;

use module_init::KernelLog;

fn main() -> io::Result<()> {
    marker::open_trace();
    let mut log = KernelLog::open()?;
    // All six steps succeed.
    init_succeeds::run()?;
    // A module in use cannot be removed.
    the_module_is_in_use::run()?;
    // A module cannot be loaded twice.
    the_same_module_twice::run()?;
    // Each step fails once, with its own errno.
    each_step_fails::run()?;
    // Without the device, init fails for real.
    the_device_is_missing::run()?;
    // A positive value is a success, and a warning.
    init_returns_a_positive_value::run(&mut log)?;
    // A bad value of a parameter is refused, an unknown one is not.
    parameters::run(&mut log)?;
    // A symbol that is nowhere is refused.
    a_symbol_is_missing::run(&mut log)?;
    // Without the GPL, symbols for GPL modules are missing.
    the_licence_is_another::run(&mut log)?;
    // A signal to current goes to the process that loads the module.
    init_signals_its_loader::run()
}
