use clap::Args;
use lab::scaffold::{NewName, Scaffold};

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Make a lesson that passes, with its exercise and chapter, to begin from
///
/// Nothing that is there is overwritten.
///
/// Example: cargo xtask new 16-hello --kmod
#[derive(Args)]
pub struct New {
    /// Its number and slug: 16-hello
    #[arg(value_name = "NN-SLUG")]
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
        let (name, number) = (&scaffold.name, scaffold.name.number);
        outln!("{name} is there:");
        for file in files {
            outln!("  {}", file.display());
        }
        outln!("  course.md, chapter {number}");
        outln!("  Cargo.lock, the package");
        outln!("");
        outln!("It passes as it is:");
        outln!("  cargo xtask run {number}");
        outln!("      runs it");
        outln!("  cargo xtask test --accept lessons::{name}");
        outln!("      shows and records its story, tests/stories/{}.snap", name.slug);
        outln!("  cargo xtask test {name}");
        outln!("      compares with that; stub fails, solution passes, mutants are caught");
        outln!("  cargo xtask test tidy");
        outln!("      finds what is missing");
        outln!("");
        outln!("Make it yours in this order: the title in lesson.toml and course.md, the");
        outln!("program, what is traced and expected, the exercise, the chapter.");
        Ok(Outcome::SUCCESS)
    }
}
