//! What the kernel did with a device's registers, as seen by the device.
//!
//! QEMU logs a line for each access to any device:
//!
//! ```text
//! memory_region_ops_write cpu 0 mr 0x55… addr 0xfea00064 value 0x1 size 4 name 'edu-mmio'
//! ```
//!
//! No guest code is involved, so this shows what a module really wrote, not what it
//! claims.

/// One access to a register of edu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    pub way: Way,
    /// Offset in BAR 0.
    pub register: u64,
    pub value: u64,
}

/// Read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Read,
    Write,
}

/// BAR 0 is a megabyte, at a multiple of its size.
const BAR_MASK: u64 = 0xf_ffff;

/// edu's interrupt registers, from QEMU's docs/specs/edu.rst.
const IRQ_STATUS: u64 = 0x24;
const IRQ_ACK: u64 = 0x64;

/// The accesses to edu's registers in a log, in order.
pub fn of_edu(log: &str) -> Vec<Access> {
    log.lines().filter_map(parse).collect()
}

fn parse(line: &str) -> Option<Access> {
    let (_, access) = line.split_once("memory_region_ops_")?;
    let mut words = access.split(' ');
    let way = match words.next()? {
        "read" => Way::Read,
        "write" => Way::Write,
        _ => return None,
    };
    let words: Vec<&str> = words.collect();
    let after = |name| words.iter().skip_while(|&&word| word != name).nth(1).copied();
    let number = |name| u64::from_str_radix(after(name)?.strip_prefix("0x")?, 16).ok();
    (after("name")? == "'edu-mmio'").then_some(())?;
    Some(Access { way, register: number("addr")? & BAR_MASK, value: number("value")? })
}

/// Checks how interrupts were acknowledged: each cause that was read must be acknowledged
/// before the next read, and nothing else may be. Returns the number of acknowledgements,
/// not counting those without a cause.
///
/// # Errors
/// The first fault, in words.
pub fn acknowledged(accesses: &[Access]) -> Result<usize, String> {
    let (mut read, mut count) = (0, 0);
    for access in accesses {
        match (access.way, access.register) {
            (Way::Read, IRQ_STATUS) if read != 0 => {
                return Err(format!("causes {read:#x} were read and not acknowledged"));
            }
            (Way::Read, IRQ_STATUS) => read = access.value,
            (Way::Write, IRQ_ACK) if access.value != read => {
                let written = access.value;
                return Err(format!("causes {read:#x} were read, {written:#x} acknowledged"));
            }
            (Way::Write, IRQ_ACK) => {
                // Without a cause, this write is not a handler's acknowledgement.
                count += usize::from(read != 0);
                read = 0;
            }
            _ => {}
        }
    }
    if read == 0 { Ok(count) } else { Err(format!("causes {read:#x} were never acknowledged")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line as QEMU 7.2 writes it.
    fn line(way: &str, addr: u64, value: u64) -> String {
        format!(
            "12@3.4:memory_region_ops_{way} cpu 0 mr 0x5581 addr {addr:#x} value {value:#x} \
             size 4 name 'edu-mmio'\n"
        )
    }

    fn judge(accesses: &[(&str, u64, u64)]) -> Result<usize, String> {
        let log: String =
            accesses.iter().map(|&(way, reg, value)| line(way, 0xfea0_0000 + reg, value)).collect();
        acknowledged(&of_edu(&log))
    }

    #[test]
    fn accesses_to_edu_are_parsed_and_no_others() {
        let other = line("read", 0x3f8, 1).replace("edu-mmio", "serial");
        let log = format!("{other}rubbish\n{}", line("write", 0xfea0_0064, 0x100));
        let access = Access { way: Way::Write, register: IRQ_ACK, value: 0x100 };
        assert_eq!(of_edu(&log), [access]);
    }

    #[test]
    fn what_was_read_is_acknowledged() {
        let good = [("read", 0x24, 3), ("write", 0x64, 3), ("read", 0x24, 0), ("write", 0x60, 1)];
        assert_eq!(judge(&good), Ok(1));
    }

    #[test]
    fn what_makes_sure_that_there_are_no_causes_is_no_acknowledgement() {
        assert_eq!(judge(&[("read", 0x24, 0), ("write", 0x64, 0)]), Ok(0));
    }

    #[test]
    fn anything_else_is_a_fault() {
        let fault = |accesses: &[_]| judge(accesses).unwrap_err();
        assert_eq!(
            fault(&[("read", 0x24, 1), ("write", 0x64, 0xffff_ffff)]),
            "causes 0x1 were read, 0xffffffff acknowledged"
        );
        assert_eq!(
            fault(&[("read", 0x24, 1), ("read", 0x24, 1)]),
            "causes 0x1 were read and not acknowledged"
        );
        assert_eq!(fault(&[("read", 0x24, 1)]), "causes 0x1 were never acknowledged");
    }
}
