//! Where the trace is in the machine's memory. The host reads it there if PID 1 no
//! longer gets to send it.
//!
//! The ring buffer can be mapped: a page that describes it, then its own pages
//! (Documentation/trace/ring-buffer-map.rst in Linux). /proc/self/pagemap says which
//! page of the memory each one is (Documentation/admin-guide/mm/pagemap.rst).

use std::fs::File;
use std::num::NonZero;
use std::os::unix::fs::FileExt;
use std::ptr::NonNull;

use nix::sys::mman::{MapFlags, ProtFlags, mmap};

use crate::trace::TRACING;

const PAGE: usize = 4096;

/// Numbers of the pages of memory that the ring buffer of CPU 0 consists of.
///
/// It stays mapped, which fixes its size and keeps its pages in it.
pub fn of_trace() -> Result<Vec<u64>, String> {
    let path = format!("{TRACING}/per_cpu/cpu0/trace_pipe_raw");
    let file = File::open(&path).map_err(|e| format!("failed to open `{path}`: {e}"))?;
    let map = |pages: usize| {
        let len = NonZero::new(pages * PAGE).expect("there is a page");
        // SAFETY: a fresh mapping, which is never unmapped.
        unsafe { mmap(None, len, ProtFlags::PROT_READ, MapFlags::MAP_SHARED, &file, 0) }
            .map_err(|e| format!("failed to map `{path}`: {e}"))
    };
    let count = count(map(1)?);
    let first = map(1 + count)?.addr().get() / PAGE;
    in_memory(first + 1, count)
}

/// How many pages the ring buffer has, according to the page that describes it:
/// `trace_buffer_meta.nr_subbufs`, include/uapi/linux/trace_mmap.h.
fn count(description: NonNull<std::ffi::c_void>) -> usize {
    const NR_SUBBUFS: usize = 3;
    // SAFETY: within the page, and aligned; the kernel writes it before it maps it.
    unsafe { description.cast::<u32>().add(NR_SUBBUFS).read_volatile() as usize }
}

/// The numbers that `count` pages of this process, from page `first` on, have in memory.
fn in_memory(first: usize, count: usize) -> Result<Vec<u64>, String> {
    const PRESENT: u64 = 1 << 63;
    const NUMBER: u64 = (1 << 55) - 1;
    let path = "/proc/self/pagemap";
    let mut entries = vec![0; 8 * count];
    File::open(path)
        .and_then(|pagemap| pagemap.read_exact_at(&mut entries, 8 * first as u64))
        .map_err(|e| format!("failed to read `{path}`: {e}"))?;
    let (entries, _) = entries.as_chunks();
    let number = |entry: &[u8; 8]| match u64::from_le_bytes(*entry) {
        entry if entry & PRESENT != 0 => Ok(entry & NUMBER),
        _ => Err(format!("`{path}` has no page of the trace")),
    };
    entries.iter().map(number).collect()
}
