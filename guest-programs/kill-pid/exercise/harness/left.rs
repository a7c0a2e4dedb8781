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

/// What was there before.
pub struct Left {
    namespaces: u32,
    /// Whether the kernel had warned of something else.
    warned: bool,
}

impl Left {
    pub fn new() -> io::Result<Left> {
        Ok(Left { namespaces: pid_namespaces()?, warned: false })
    }

    /// Asks the kernel whether it has warned before the last reference may be put.
    pub fn look_before(&mut self) -> io::Result<()> {
        self.warned = module::kernel_warned()?;
        Ok(())
    }

    /// Counts the namespaces that are left; before that, asks the kernel whether it saw
    /// a reference put too often.
    pub fn look(&mut self, life: u32) -> io::Result<()> {
        grace_periods();
        if module::kernel_warned()? {
            if !self.warned {
                mark!("{}. its struct pid was put too often", life);
            }
            return Ok(());
        }
        let left = pid_namespaces()?;
        if left > self.namespaces {
            mark!("{}. its struct pid is still held", life);
        } else {
            mark!("{}. nobody holds its struct pid", life);
        }
        self.namespaces = left;
        Ok(())
    }
}
