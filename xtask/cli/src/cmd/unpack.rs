use std::path::PathBuf;

use builder::cache::Cache;
use builder::host::version_line;
use clap::Args;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Unpack what `pack` made, and say what is different on this host
///
/// A file that is damaged, or not what FILE.sha256 says if that is there, is refused, and
/// nothing is unpacked.
///
/// Example: ./upcall unpack class.tar.gz
#[derive(Args)]
pub struct Unpack {
    /// The file that `pack` wrote
    file: PathBuf,

    /// The folder to make [default: FILE without its ending]
    folder: Option<PathBuf>,
}

impl Unpack {
    /// Needs no checkout.
    pub fn run(self, _context: &Context) -> Result {
        process::interrupt::listen()
            .map_err(lab::error::Error::file("listen for signals by", "socketpair"))?;
        let unpacked = lab::pack::unpack(&self.file, self.folder.as_deref())?;
        let folder = unpacked.folder.display();
        outln!("{folder}: {} files, sha256 {}", unpacked.files, unpacked.sha256);
        let cache = Cache::open()?;
        for line in lab::pack::differences(&unpacked.about, &|name| version_line(&cache, name)) {
            outln!("note: {line}");
        }
        outln!("cd {folder} && ./upcall run lesson-1");
        Ok(Outcome::SUCCESS)
    }
}
