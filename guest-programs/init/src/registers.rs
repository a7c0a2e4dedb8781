//! Registers of a PCI device without a driver, reached through sysfs.

use std::fs;
use std::num::NonZero;
use std::os::fd::AsFd;
use std::ptr::NonNull;

use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};

/// A device's first BAR, mapped; at most a page of it.
pub struct Registers {
    page: NonNull<std::ffi::c_void>,
    /// Where in the page the registers begin: a small BAR may share its page.
    offset: usize,
}

const PAGE: NonZero<usize> = NonZero::new(4096).unwrap();

impl Registers {
    /// Maps the registers of the device in a PCI slot.
    pub fn map(slot: &str) -> Result<Registers, String> {
        let device = format!("/sys/bus/pci/devices/{slot}");
        // One line `start end flags` for each BAR, in hexadecimal.
        let path = format!("{device}/resource");
        let text =
            fs::read_to_string(&path).map_err(|e| format!("failed to read `{path}`: {e}"))?;
        let start = text
            .split_whitespace()
            .next()
            .and_then(|word| usize::from_str_radix(word.trim_start_matches("0x"), 16).ok())
            .ok_or_else(|| format!("failed to parse `{path}`"))?;
        let path = format!("{device}/resource0");
        let file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|e| format!("failed to open `{path}`: {e}"))?;
        let flags = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a fresh mapping of a device's registers, used only here.
        let page = unsafe { mmap(None, PAGE, flags, MapFlags::MAP_SHARED, file.as_fd(), 0) }
            .map_err(|e| format!("failed to map `{path}`: {e}"))?;
        Ok(Registers { page, offset: start % PAGE })
    }

    /// Writes one register, at once and as wide as `T`. `register` is a
    /// multiple of that width, well within the page.
    pub fn write<T>(&self, register: usize, value: T) {
        assert!(self.offset + register + size_of::<T>() <= PAGE.get(), "no register of a page");
        // SAFETY: within the mapping, which is readable and writable, and
        // aligned, as BARs and their registers are.
        unsafe {
            self.page
                .as_ptr()
                .cast::<u8>()
                .add(self.offset + register)
                .cast::<T>()
                .write_volatile(value);
        }
    }
}

impl Drop for Registers {
    fn drop(&mut self) {
        // SAFETY: mapped in `map` with this length, and not used after this.
        // A failure would cost a page of address space and nothing else.
        let _ = unsafe { munmap(self.page, PAGE.get()) };
    }
}
