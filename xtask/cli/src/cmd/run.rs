use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, value_parser};
use lab::maker::Maker;
use lab::pages::Background;
use lab::plan::{Options, Plan};
use lab::record_file::RecordFile;
use vm::accel::{KVM, probe_kvm};
use vm::command::Accel;

use crate::compiled::Compiled;
use crate::context::Context;
use crate::looking::Looking;
use crate::outcome::Result;

/// Run a lesson: build what is missing, run it, print its output and timeline
///
/// Exits with 0 only if everything that the lesson expects happened.
///
/// Example: cargo xtask run lesson-1
#[derive(Args)]
pub struct Run {
    /// lesson-1, 1 or sigchld
    lesson: String,

    #[command(flatten)]
    looking: Looking,

    /// Use your module from `work/` instead of the lesson's
    #[arg(long)]
    mine: bool,

    /// Keep the run in a file, for `show`
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    /// Record nothing: only the program's own checks count
    #[arg(long, conflicts_with_all = ["story", "scene", "Narrowing"])]
    no_trace: bool,

    /// What executes the guest's instructions; with kvm, times differ from run
    /// to run
    #[arg(long, value_enum, default_value = "tcg")]
    accel: AccelArg,

    /// Another speed of the guest: an instruction takes 2^N nanoseconds
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = value_parser!(u8).range(3..=7))]
    icount_shift: u8,

    /// Boot instead of resuming from the checkpoint
    #[arg(long)]
    cold: bool,

    #[command(flatten)]
    compiled: Compiled,
}

#[derive(Clone, Copy, ValueEnum)]
enum AccelArg {
    Tcg,
    Kvm,
}

impl Run {
    pub fn run(self, context: &Context) -> Result {
        let lesson = context.lesson(&self.lesson)?;
        let accel = match self.accel {
            AccelArg::Tcg => Accel::Tcg { shift: self.icount_shift },
            AccelArg::Kvm => {
                probe_kvm(Path::new(KVM))?;
                Accel::Kvm
            }
        };
        let (cold, trace) = (self.cold, !self.no_trace);
        let plan = Plan::new(lesson, Options { accel, cold, trace, ..Options::default() });
        let mut lab = context.lab("run")?;
        self.compiled.apply(&mut lab.kernel);
        let machine = lab.machine()?;
        let mine = context.mine(self.mine, &lab, &machine, &plan.lesson)?;
        let run = lab.run_with(&machine, &plan, mine.as_ref().map(|mine| &mine.file));
        let is_kept = self.record.is_some() || self.looking.html.is_some();
        let background = match &run {
            Ok(run) if is_kept => Background::of_run(&lab, &machine, &plan.lesson, &run.timeline)?,
            _ => Background::default(),
        };
        if let Some(path) = &self.record
            && let Some(file) = RecordFile::of_run(&lab, &machine, &plan, &run)?
        {
            file.with(&background)?.write(path)?;
        }
        let maker = Maker::here(&lab, &machine);
        self.looking.at_run(&plan, run, &maker, &background, &machine.symbols)
    }
}
