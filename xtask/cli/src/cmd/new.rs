use clap::Args;
use lab::scaffold::{NewName, Scaffold};

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Make a lesson that passes, with its exercise and chapter, to begin from
///
/// Nothing that is there is overwritten.
///
/// Example: cargo xtask new hello --kmod
#[derive(Args)]
pub struct New {
    /// Its name, lower-case words with hyphens between: hello
    #[arg(value_name = "NAME")]
    name: NewName,

    /// With a kernel module of its own, for an interrupt
    #[arg(long)]
    kmod: bool,
}

impl New {
    pub fn run(self, context: &Context) -> Result {
        let NewName(name) = self.name;
        let scaffold = Scaffold { name, kmod: self.kmod };
        let files = scaffold.write(&context.course()?)?;
        let name = &scaffold.name;
        outln!("{name} is there:");
        for file in files {
            outln!("  {}", file.display());
        }
        outln!("  course.md, a line for its chapter, the last");
        outln!("  Cargo.lock, the package");
        outln!("");
        outln!("It passes as it is:");
        outln!("  cargo xtask run {name}");
        outln!("      runs it");
        outln!("  cargo xtask test --accept lessons::{name}");
        outln!("      shows and records its story, tests/stories/{name}.snap");
        outln!("  cargo xtask test {name}");
        outln!("      compares with that; stub fails, solution passes, mutants are caught");
        outln!("  cargo xtask test tidy");
        outln!("      finds what is missing");
        outln!("");
        outln!(
            "Make it yours in this order: the title in lesson.toml, chapter.md and course.md, the"
        );
        outln!("scenes, what is traced and expected, the exercise, the chapter.");
        Ok(Outcome::SUCCESS)
    }
}
