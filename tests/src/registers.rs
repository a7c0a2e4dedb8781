//! What every module's interrupt handler does with edu's registers, as seen by the
//! device.
//!
//! Nothing in the guest could distinguish a handler that acknowledges everything from one
//! that acknowledges what it read: with one processor, only the device's own timer could
//! raise a cause in between. So this test looks at the device.

use std::sync::Arc;

use lab::error::Error;
use lab::plan::Options;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use story::experiment::Device;
use vm::registers;

use crate::{Test, lessons};

/// A module whose handler is never called, because nothing makes edu interrupt.
const NEVER_INTERRUPTED: &str = "module_init";

/// One test per lesson with edu interrupts, and one per program of bad input in those
/// lessons.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let mut tests = Vec::new();
    for mut plan in lessons::plans(lab, Options::default())? {
        let experiment = &plan.experiment;
        let interrupted = !experiment.kmods.iter().any(|kmod| kmod == NEVER_INTERRUPTED);
        if !experiment.devices.contains(&Device::Edu) || !interrupted {
            continue;
        }
        plan.experiment.devices.push(Device::RegisterLog);
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        tests.push(Test::new(format!("registers::{}", plan.job.program), move || {
            let run = lab.run(&machine, &plan)?;
            match registers::acknowledged(&registers::of_edu(&run.returned.registers)) {
                Ok(0) => Err(Failed::from("no interrupt was acknowledged")),
                Ok(_) => Ok(()),
                Err(fault) => Err(Failed::from(fault)),
            }
        }));
    }
    Ok(tests)
}
