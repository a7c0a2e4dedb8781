use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use ::tests::results::{Report, Results};
use builder::kernel::Kind;
use clap::Args;
use lab::run::Lab;
use lab::shard::Shard;
use lab::whole;
use libtest_mimic::{Arguments, Conclusion};

use crate::compiled::Compiled;
use crate::context::Context;
use crate::kept::kept;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// Run every test: unit tests, lessons against their snapshots, tidy
///
/// Example: cargo xtask test lessons::sigchld
#[derive(Args)]
pub struct Test {
    /// Only tests whose name contains this
    filter: Option<String>,

    /// How many tests run at the same time [default: one for each core]
    #[arg(long)]
    jobs: Option<usize>,

    /// Run the Kth of N parts of the tests
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,

    /// Run the lessons on a kernel that finds mistakes in modules, instead of the other
    /// tests; times are not compared, but any report makes a lesson fail
    #[arg(long)]
    debug_kernel: bool,

    /// Show how stories and other recorded texts differ, and record the new ones; a
    /// lesson whose facts do not hold is refused
    #[arg(long)]
    accept: bool,

    /// With --accept: record this host's digests under this name
    #[arg(long, value_name = "NAME", requires = "accept")]
    reference: Option<String>,

    /// Also run the tests that need their own kernels: lessons and exercises on kernels
    /// compiled by clang or by gcc at -O2, and exercises at other speeds of the guest
    #[arg(long, conflicts_with = "debug_kernel")]
    full: bool,

    /// Write a machine-readable report: junit:PATH, ktap:PATH or json:PATH
    #[arg(long, value_name = "FORMAT:PATH")]
    report: Option<Report>,

    #[command(flatten)]
    compiled: Compiled,
}

impl Test {
    pub fn run(self, context: &'static Context) -> Result {
        kept(|| self.run_kept(context))
    }

    fn run_kept(self, context: &'static Context) -> Result {
        if self.accept {
            ::tests::accept(self.reference.clone());
        } else {
            ::tests::compare_only();
        }
        let mut lab: Lab<'static> = context.lab("test")?;
        self.compiled.apply(&mut lab.kernel);
        if self.debug_kernel {
            lab.kernel.kind = Kind::Debug;
        }
        let lab = Arc::new(lab);
        let machine = Arc::new(lab.machine()?);
        let results = Results::default();
        let mut trials = match lab.kernel.kind {
            Kind::Lesson if self.full => {
                ::tests::full(&lab, &machine, &results, self.filter.as_deref())?
            }
            Kind::Lesson => ::tests::all(&lab, &machine, &results)?,
            Kind::Debug => ::tests::on_debug_kernel(&lab, &machine, &results)?,
        };
        if let Some(filter) = &self.filter {
            trials.retain(|trial| trial.name().contains(filter.as_str()));
        }
        if let Some(shard) = self.shard {
            trials = shard.take(trials).collect();
        }
        // At most as many machines as cores.
        let arguments = Arguments {
            test_threads: Some(self.jobs.unwrap_or(lab.kernel.jobs)),
            ..Arguments::default()
        };
        let Some(conclusion) = run_for_a_reader(|| libtest_mimic::run(&arguments, trials)) else {
            return Ok(Outcome::FAILED);
        };

        if let Some(Report { format, path }) = self.report {
            whole::write(&path, results.report(format).as_bytes())?;
        }
        let skipped = match conclusion.num_ignored {
            0 => String::new(),
            skipped => format!(", {skipped} skipped"),
        };
        outln!("{} passed, {} failed{skipped}", conclusion.num_passed, conclusion.num_failed);
        Ok(Outcome::success_if(!conclusion.has_failed()))
    }
}

/// Runs tests until they are done, or until what becomes of them cannot be
/// printed any more, because nobody reads on or the disk is full: `None`.
/// libtest-mimic panics then.
fn run_for_a_reader(run: impl FnOnce() -> Conclusion) -> Option<Conclusion> {
    let says_so = |payload: &(dyn Any + Send)| {
        let text = payload.downcast_ref::<String>();
        text.is_some_and(|text| text.contains("BrokenPipe") || text.contains("StorageFull"))
    };
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !says_so(info.payload()) {
            hook(info);
        }
    }));
    match panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(conclusion) => Some(conclusion),
        Err(payload) if says_so(&*payload) => None,
        Err(payload) => panic::resume_unwind(payload),
    }
}
