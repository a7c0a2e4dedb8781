use clap::Args;
use clap::builder::RangedU64ValueParser;
use lab::bench::{Options, measure};
use lab::error::Error;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Measure what the lab promises, and print it next to the targets
///
/// Takes some minutes. Missing a target does not change the exit status.
///
/// Example: cargo xtask bench --repeat 1000
#[derive(Args)]
pub struct Bench {
    /// How many times each row is measured
    #[arg(long, default_value_t = 10, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    runs: usize,

    /// Also build a kernel, once, in a separate cache
    #[arg(long)]
    kernel: bool,

    /// Also grade classes of N students, all of whom have written something else: programs,
    /// modules, and a tenth of the modules with --thorough
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    class: Option<usize>,

    /// Run each lesson N times beside busy loops, on as many machines at a time as there are
    /// cores, and compare the runs; earlier runs of the same lesson on the same host count too
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    repeat: Option<usize>,

    /// With `--repeat`: measure nothing else, and only these lessons
    #[arg(long = "lesson", value_name = "LESSON", requires = "repeat")]
    lessons: Vec<String>,

    /// With `--repeat`: the number of busy loops [default: one for each core]
    ///
    /// 0 is for a host that is busy with something else.
    #[arg(long, value_name = "N", requires = "repeat")]
    loops: Option<usize>,

    /// Print one JSON document instead
    #[arg(long)]
    json: bool,
}

impl Bench {
    pub fn run(self, context: &Context) -> Result {
        let lab = context.lab("bench")?;
        let xtask = std::env::current_exe().map_err(Error::file("find", "/proc/self/exe"))?;
        let lessons = self.lessons.iter().map(|asked| Ok(context.lesson(asked)?.name));
        let lessons = lessons.collect::<std::result::Result<Vec<_>, Error>>()?;
        let options = Options {
            runs: self.runs,
            kernel: self.kernel,
            class: self.class,
            repeat: self.repeat,
            loops: self.loops,
            lessons,
        };
        let document = measure(&lab, &xtask, &options)?;
        if self.json {
            outln!("{}", document.to_json());
        } else {
            outln!("{document}");
        }
        Ok(Outcome::SUCCESS)
    }
}
