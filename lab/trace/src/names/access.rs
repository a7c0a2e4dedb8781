//! What a page fault was about: the error code of the processor's exception, as in
//! arch/x86/include/asm/trap_pf.h.

/// The page was there, and forbids it.
const PROTECTION: u64 = 1 << 0;
const WRITE: u64 = 1 << 1;
/// The access was to fetch an instruction.
const INSTRUCTION: u64 = 1 << 4;

/// The verb for what was tried, and why it was not possible.
pub fn access(error_code: u64) -> (&'static str, &'static str) {
    let is = |bit| error_code & bit != 0;
    let verb = if is(INSTRUCTION) {
        "executes"
    } else if is(WRITE) {
        "writes"
    } else {
        "reads"
    };
    (verb, if is(PROTECTION) { "protected page" } else { "no page" })
}
