//! A record that outlives its run: one file with everything that is needed to look at the
//! run again, on another host and without anything that the lab builds.
//!
//! The file is a tar archive, so `tar tf` shows what is in it: `about.json`, what the
//! machine sent, as it came, and what gives it its meaning. That is the lesson's
//! declaration, and names and addresses of the kernel's functions.
//!
//! A file may come from a stranger. It is read as carefully as what a machine sent.

mod about;
mod read;
mod write;

pub use about::{RecordFileError, Told};
pub use read::{Content, Opened};
pub use write::RecordFile;
