use std::path::PathBuf;

use clap::Args;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Pack all that a class needs into one file: the lab, built, and the course
///
/// On a host with QEMU and Rust, the first run from it needs no network, no package and no
/// kernel to be built. `tar -xf FILE upcall && ./upcall unpack FILE` unpacks it there.
/// FILE.sha256 gets the file's hash.
///
/// Example: cargo xtask pack class.tar.gz
#[derive(Args)]
pub struct Pack {
    /// The file to write
    file: PathBuf,

    /// The command line to put in, instead of one that is built for other hosts
    #[arg(long, value_name = "PROGRAM")]
    program: Option<PathBuf>,
}

impl Pack {
    pub fn run(self, context: &Context) -> Result {
        let lab = context.lab("pack")?;
        let made = lab::pack::make(&lab, &self.file, self.program.as_deref())?;
        let about = &made.about;
        outln!("{}: {} MB", self.file.display(), made.len.div_ceil(1_000_000));
        outln!("  sha256   {}", made.sha256);
        outln!("  course   upcall {}, {} lessons", about.lab, lab.course.names.len());
        outln!("  kernel   Linux {} by {}", about.linux, first_line(&about.compiler));
        outln!("  machine  saved by {}", about.qemu);
        let name = self.file.file_name().unwrap_or_default().display();
        outln!("On another host: tar -xf {name} upcall && ./upcall unpack {name}");
        Ok(Outcome::SUCCESS)
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
