use std::path::PathBuf;

use book::site;
use builder::cache::Cache;
use clap::Args;
use lab::error::Error;
use process::Temporary;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Make the course a book: a site of static pages, to be read without a network
///
/// The first time, Cargo compiles mdbook for it.
///
/// Example: cargo xtask book
#[derive(Args)]
pub struct Book {
    /// The folder for the site; an older site there is replaced [default: target/book]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,

    /// Only check that every quote, link, anchor and figure is as the files and runs are
    #[arg(long, conflicts_with = "out")]
    check: bool,
}

impl Book {
    pub fn run(self, context: &Context) -> Result {
        let course = context.course()?;
        if self.check {
            let faults = book::check(&course)?;
            for fault in &faults {
                outln!("{fault}");
            }
            return Ok(Outcome::success_if(faults.is_empty()));
        }
        process::interrupt::listen().map_err(Error::file("listen for signals by", "socketpair"))?;
        let out = self.out.unwrap_or_else(|| course.root.join("target/book"));
        let mdbook = site::mdbook(&Cache::open()?, &context.ui)?;
        let folder = Temporary::new()?;
        site::prepare(&book::Book::new(&course)?, folder.path())?;
        site::build(&mdbook, folder.path(), &out)?;
        outln!("{}", out.join("index.html").display());
        Ok(Outcome::SUCCESS)
    }
}
