//! Memory at addresses that are the same in every run, and how it is touched.

use std::num::NonZeroUsize;
use std::ptr;

use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};

/// Where nothing is ever mapped: the first page (vm.mmap_min_addr, proc_sys_vm(5)).
pub const NOTHING: usize = 0x10;

/// Where the scenes map what they need; nothing else of the program is there.
pub const PLACE: NonZeroUsize = NonZeroUsize::new(0x2000_0000).unwrap();

/// The size of a page.
pub const PAGE: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// Maps one page at `PLACE`, which can be read but not written.
pub fn map_for_reading() -> nix::Result<()> {
    let flags = MapFlags::MAP_PRIVATE | MapFlags::MAP_FIXED_NOREPLACE;
    // SAFETY: a new mapping, which replaces none.
    unsafe { mmap_anonymous(Some(PLACE), PAGE, ProtFlags::PROT_READ, flags) }.map(drop)
}

/// Reads the byte at an address.
pub fn load(address: usize) -> u8 {
    let byte = ptr::with_exposed_provenance::<u8>(address);
    // SAFETY: none, on purpose: at most the child of this scene ends.
    unsafe { byte.read_volatile() }
}

/// Writes the byte at an address.
pub fn store(address: usize, byte: u8) {
    let place = ptr::with_exposed_provenance_mut::<u8>(address);
    // SAFETY: as above.
    unsafe { place.write_volatile(byte) }
}

/// Has write(2) take one byte from an address.
pub fn write_from(file: libc::c_int, address: usize) -> libc::ssize_t {
    // SAFETY: the kernel reads the address, not this program.
    unsafe { libc::write(file, ptr::with_exposed_provenance(address), 1) }
}
