//! QEMU's edu device, without its driver in between: the harness makes it interrupt
//! and looks at what the driver left in its registers.
//!
//! The registers are specified in QEMU's docs/specs/edu.rst.

use std::num::NonZero;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::{fs, io};

use nix::sys::mman::{MapFlags, ProtFlags, mmap};

/// How much of BAR 0 is mapped, bytes.
const LEN: NonZero<usize> = NonZero::new(4096).unwrap();

/// Causes not yet acknowledged.
const IRQ_STATUS: usize = 0x24;
/// Adds causes, and interrupts.
const IRQ_RAISE: usize = 0x60;
/// Takes causes away.
const IRQ_ACK: usize = 0x64;

/// The device's registers.
pub struct Edu(NonNull<u32>);

impl Edu {
    /// Finds the device and maps its registers. They can be reached only while the
    /// device is enabled, which is its driver's task.
    pub fn map() -> io::Result<Edu> {
        for entry in fs::read_dir("/sys/bus/pci/devices")? {
            let path = entry?.path();
            if fs::read_to_string(path.join("device"))?.trim() != "0x11e8" {
                continue;
            }
            let file = fs::File::options().read(true).write(true).open(path.join("resource0"))?;
            let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
            // SAFETY: a fresh mapping, which is never unmapped.
            let start = unsafe { mmap(None, LEN, access, MapFlags::MAP_SHARED, file.as_fd(), 0) }?;
            return Ok(Edu(start.cast()));
        }
        Err(io::Error::new(io::ErrorKind::NotFound, "there is no edu device"))
    }

    /// Makes the device interrupt, for these causes. With one processor, the
    /// driver's handler has run before the next system call.
    pub fn raise(&self, causes: u32) {
        // SAFETY: a register below `LEN`, which takes 32 bits.
        unsafe { self.0.byte_add(IRQ_RAISE).write_volatile(causes) };
    }

    /// The causes that nobody has acknowledged.
    pub fn causes(&self) -> u32 {
        // SAFETY: as above.
        unsafe { self.0.byte_add(IRQ_STATUS).read_volatile() }
    }

    /// Acknowledges what the driver left.
    pub fn acknowledge(&self, causes: u32) {
        // SAFETY: as above.
        unsafe { self.0.byte_add(IRQ_ACK).write_volatile(causes) };
    }
}
