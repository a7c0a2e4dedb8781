use std::path::{Path, PathBuf};

use book::site;
use builder::cache::Cache;
use clap::Args;
use lab::course::Course;
use lab::error::Error;
use notify::{EventKind, RecursiveMode, Watcher};
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

    /// Print the book into this file as well; needs chromium
    #[arg(long, value_name = "FILE", conflicts_with_all = ["check", "serve"])]
    pdf: Option<PathBuf>,

    /// Show the book at http://127.0.0.1:PORT, and again whenever the course changes, until
    /// Ctrl-C
    #[arg(long, conflicts_with_all = ["check", "out"])]
    serve: bool,

    /// The port for --serve
    #[arg(long, value_name = "PORT", default_value_t = 3000, requires = "serve")]
    port: u16,

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
        let mdbook = site::mdbook(&Cache::open()?, &context.ui)?;
        let folder = Temporary::new()?;
        site::prepare(&book::Book::new(&course)?, folder.path())?;
        if self.serve {
            return serve(&course, &mdbook, folder.path(), self.port);
        }
        let out = self.out.unwrap_or_else(|| course.root.join("target/book"));
        site::build(&mdbook, folder.path(), &out)?;
        outln!("{}", out.join("index.html").display());
        if let Some(pdf) = &self.pdf {
            site::print(&out, pdf)?;
            outln!("{}", pdf.display());
        }
        Ok(Outcome::SUCCESS)
    }
}

/// Serves what is in `folder`, and writes it again after each change of the course.
fn serve(course: &Course, mdbook: &Path, folder: &Path, port: u16) -> Result {
    let (root, into) = (course.root.clone(), folder.to_owned());
    let again = move || -> std::result::Result<(), Error> {
        site::prepare(&book::Book::new(&Course::open(&root)?)?, &into)?;
        Ok(())
    };
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let changes = |event: &notify::Event| !matches!(event.kind, EventKind::Access(_));
        // While an editor is at work, a file may be missing or half written.
        if event.is_ok_and(|event| changes(&event))
            && let Err(error) = again()
        {
            host::say(&format!("the book stays as it was: {error}"));
        }
    })
    .map_err(std::io::Error::other)
    .map_err(Error::file("watch", &course.root))?;
    let parts = [".", "docs", "guest-programs", "kmods", "tests/stories"];
    for (number, part) in parts.into_iter().enumerate() {
        // The course's first page is in the root, where there is much else.
        let mode = if number == 0 { RecursiveMode::NonRecursive } else { RecursiveMode::Recursive };
        let folder = course.root.join(part);
        let watched = watcher.watch(&folder, mode).map_err(std::io::Error::other);
        watched.map_err(Error::file("watch", folder))?;
    }
    outln!("http://127.0.0.1:{port}");
    let status = site::serve(mdbook, folder, port)?
        .wait()
        .map_err(Error::file("wait for", mdbook.to_owned()))?;
    Ok(Outcome::success_if(status.success()))
}
