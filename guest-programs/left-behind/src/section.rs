//! A critical section, which the kernel takes a task out of.

use std::arch::asm;
use std::sync::atomic::Ordering::SeqCst;

use crate::rseq::{Rseq, SIGNATURE};

/// `struct rseq_cs` (linux/rseq.h)
#[repr(C, align(32))]
pub struct Section {
    version: u32,
    flags: u32,
    start: u64,
    length: u64,
    abort: u64,
}

/// Enters a section that has no end: one instruction, which jumps to itself. Returns when the
/// kernel has taken this task out of it, and where it was to go on.
pub fn stay(rseq: &'static Rseq) -> u64 {
    let mut section = Section { version: 0, flags: 0, start: 0, length: 0, abort: 0 };
    // SAFETY: it writes into `section`, which outlives it, and into `rseq`. It jumps nowhere but
    // to itself, and the kernel to 4, with the signature in front of it.
    unsafe {
        asm!(
            "lea {start}, [rip + 2f]",
            "mov [{section} + 8], {start}",
            "lea {other}, [rip + 3f]",
            "sub {other}, {start}",
            "mov [{section} + 16], {other}",
            "lea {other}, [rip + 4f]",
            "mov [{section} + 24], {other}",
            "mov [{rseq} + 8], {section}",
            "2: jmp 2b",
            "3: .long {signature}",
            "4:",
            section = in(reg) &raw mut section,
            rseq = in(reg) &raw const *rseq,
            start = out(reg) _,
            other = out(reg) _,
            signature = const SIGNATURE,
        );
    }
    section.abort
}

/// Whether the kernel has forgotten the section.
pub fn is_left(rseq: &Rseq) -> bool {
    rseq.section.load(SeqCst) == 0
}
