use clap::Args;
use lab::scaffold::{NewName, Scaffold};

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Make a lesson that passes, with its exercise and chapter, as a starting point
///
/// Overwrites nothing.
///
/// Example: cargo xtask new hello --kmod
#[derive(Args)]
pub struct New {
    /// Its name, lower-case words with hyphens between: hello
    #[arg(value_name = "NAME")]
    name: NewName,

    /// Add a kernel module to the lesson, for an interrupt
    #[arg(long)]
    kmod: bool,
}

impl New {
    pub fn run(self, context: &Context) -> Result {
        let NewName(name) = self.name;
        let scaffold = Scaffold { name, kmod: self.kmod };
        let files = scaffold.write(&context.course()?)?;
        let name = &scaffold.name;
        outln!("{name} was created:");
        for file in files {
            outln!("  {}", file.display());
        }
        outln!("  course.md, one line for its chapter, at the end");
        outln!("  Cargo.lock, the package");
        outln!("");
        outln!("It already passes:");
        outln!("  cargo xtask run {name}");
        outln!("      runs it");
        outln!("  cargo xtask test --accept lessons::{name}");
        outln!("      shows and records its story, tests/stories/{name}.snap");
        outln!("  cargo xtask test {name}");
        outln!("      compares with it; the stub fails, the solution passes, mutants are caught");
        outln!("  cargo xtask test tidy");
        outln!("      finds what is missing");
        outln!("");
        outln!(
            "Make it yours in this order: the title in lesson.toml, chapter.md and course.md, the"
        );
        outln!("scenes, the trace events and facts, map.toml, the exercise, the chapter.");
        Ok(Outcome::SUCCESS)
    }
}
