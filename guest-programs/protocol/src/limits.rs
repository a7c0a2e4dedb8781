//! Limits of a run that both sides know: the guest enforces them, and the host reports
//! them.

/// Processes and threads of a student's user at a time, the program included
/// (RLIMIT_NPROC); beyond it fork fails with EAGAIN.
pub const PROCESSES: u64 = 32;

/// The longest file that a student's program may write, its output included, bytes
/// (RLIMIT_FSIZE).
pub const FILE_BYTES: u64 = 1 << 20;

/// Size of the file system that holds what the program writes to its standard output
/// and error, bytes.
pub const OUTPUT_BYTES: u64 = 2 << 20;
