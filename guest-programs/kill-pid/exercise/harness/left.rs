//! What is left of a process: whether somebody still holds its `struct pid`.
//!
//! All processes that register, but one, live in a PID namespace of their own. A
//! `struct pid` holds its namespace, so a namespace that outlives its only
//! process says that somebody still holds the process's `struct pid`: that is
//! how a reference which was never put is seen from outside.

use std::io;

use bad_input::{grace_periods, pid_namespaces};
use marker::mark;
use student::module;

/// Namespaces that were there before.
pub struct Left(u32);

impl Left {
    pub fn new() -> io::Result<Left> {
        pid_namespaces().map(Left)
    }

    /// Counts the namespaces that are left; before that, asks the kernel whether it saw
    /// a reference put too often.
    pub fn look(&mut self, life: u32) -> io::Result<()> {
        grace_periods();
        if module::kernel_warned()? {
            mark!("{}. its struct pid was put too often", life);
            return Ok(());
        }
        let left = pid_namespaces()?;
        if left > self.0 {
            mark!("{}. its struct pid is still held", life);
        } else {
            mark!("{}. nobody holds its struct pid", life);
        }
        self.0 = left;
        Ok(())
    }
}
