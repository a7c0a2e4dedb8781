//! What goes into the machine: PID 1, programs, modules, the payload.

pub mod closure;
pub mod initramfs;
pub mod kmod_flags;
pub mod kmod_folder;
pub mod kmods;
pub mod payload;
pub mod programs;
