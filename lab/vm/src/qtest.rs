//! Host access to the guest's physical memory, independent of the guest's processor
//! (QEMU's docs/devel/testing/qtest.rst).
//!
//! The lab uses it to raise an edu interrupt that no guest instruction caused.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

use qapi::qmp;

use super::monitor::{Monitor, MonitorError};

/// Vendor and device of QEMU's edu, and its register that raises an interrupt
/// (docs/specs/edu.rst in QEMU).
const EDU: (i64, i64) = (0x1234, 0x11e8);
const RAISE: i64 = 0x60;

/// Makes edu interrupt with cause 0x1. The guest must have assigned the device's memory
/// before.
pub fn raise_edu(monitor: &mut Monitor, qtest: &mut UnixStream) -> Result<(), MonitorError> {
    let failed = |text: String| MonitorError::Failed(text);
    let buses = monitor.execute(&qmp::query_pci {})?;
    let mut devices = buses.iter().flat_map(|bus| &bus.devices);
    let edu = devices
        .find(|device| (device.id.vendor, device.id.device) == EDU)
        .ok_or_else(|| failed("there is no edu to interrupt".to_owned()))?;
    let registers = edu
        .regions
        .iter()
        .find(|region| region.bar == 0)
        .ok_or_else(|| failed("edu has no memory assigned yet".to_owned()))?;
    let mut answer = String::new();
    writeln!(qtest, "writel {:#x} 0x1", registers.address + RAISE)
        .and_then(|()| BufReader::new(qtest).read_line(&mut answer))
        .map_err(|e| failed(format!("qtest: {e}")))?;
    if answer.trim() == "OK" { Ok(()) } else { Err(failed(format!("qtest: {answer}"))) }
}
