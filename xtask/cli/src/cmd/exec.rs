use std::io::stderr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use builder::guest::kmod_folder::Trust;
use clap::Args;
use explain::visible;
use lab::error::Error;
use lab::exec::events::{self, Asked, NoProgram};
use lab::exec::outcome::{CANNOT_START, FAILED, TIMED_OUT, status_of};
use lab::exec::plan::Plan;
use lab::exec::remains::{CutOff, Fallen, left};
use lab::exec::request::{self, Carry, Fetch, KmodSource};
use lab::exec::{Executed, Join, Kmod, Request, Status, has_input};
use lab::maker::Maker;
use lab::pages::{self, Background};
use lab::record_file::RecordFile;
use lab::report::{self, NoVerdict};
use lab::returned::Returned;
use lab::whole;
use protocol::User;
use story::narrow::Narrow;
use story::timeline::Timeline;

use vm::VmError;

use crate::context::Context;
use crate::kernel_with::KernelWith;
use crate::narrowing::Narrowing;
use crate::outcome::{Outcome, Result};
use crate::screen::Screen;
use crate::{pager, ui};

/// Run any program in the lab's machine, with its streams and exit status
///
/// The program is one of this host. It is copied into the machine together with the
/// libraries or the interpreter that it needs. Its standard input is this command's,
/// unless that is a terminal or /dev/null; then it is /dev/null, and every run is the
/// same as long as its output is less than 100 KiB. More output may have to wait for a
/// busy host.
///
/// QEMU's device `edu` is always there, for modules to drive: PCI 1234:11e8 in the slot
/// 0000:00:04.0, see /sys/bus/pci/devices.
///
/// The exit status is the program's, or 128+N if signal N ended it. 124: the program ran
/// out of time. 125: the lab, a build, the host or the machine failed, or the command
/// line was wrong. 126: the program was found but cannot be started. 127: it was not
/// found.
///
/// Example: cargo xtask exec --events signals+stack,processes -- ./program arg
#[derive(Args)]
#[command(mut_group("Narrowing", |group| group.requires("events").conflicts_with("events_json")))]
pub struct Exec {
    /// Load a module first, with parameters if given
    #[arg(long, value_name = "FILE.ko[:PARAMS]")]
    kmod: Vec<Kmod>,

    /// Build the modules of a folder against the lab's kernel and load them after those
    /// of --kmod, each with the parameters that it has; the Makefile runs in a sandbox,
    /// without the environment. A folder of `work/` or of the lab's `kmods/` needs none
    #[arg(long, value_name = "DIR[:PARAMS]")]
    kmod_src: Vec<KmodSource>,

    /// Give the Makefiles of --kmod-src your own rights
    #[arg(long, requires = "kmod_src")]
    trust: bool,

    #[command(flatten)]
    kernel_with: KernelWith,

    /// Copy the modules of --kmod-src into a folder as soon as they are built
    #[arg(long, value_name = "DIR", requires = "kmod_src")]
    kmod_out: Option<PathBuf>,

    /// Copy a file or a folder into the machine, and what its executables need
    #[arg(long, value_name = "HOST:GUEST")]
    file: Vec<Carry>,

    /// Bring another program of this host along, with everything that it needs
    #[arg(long, value_name = "PROGRAM")]
    with: Vec<String>,

    /// Copy a file or a folder out when the program has ended
    #[arg(long, value_name = "GUEST:HOST")]
    out: Vec<Fetch>,

    /// Set an environment variable; the defaults are PATH and HOME
    #[arg(long, value_name = "NAME=VALUE", value_parser = request::variable)]
    env: Vec<(String, String)>,

    /// Record these trace events, from the loading of modules to the end of the program
    /// or of a machine that panics, and print the timeline to stderr: events or the sets
    /// signals, wakeups, irqs, processes and syscalls, separated by commas, each with
    /// +stack for its kernel stack and :FILTER for the kernel's filter; `help` explains
    /// them and lists all events
    #[arg(long, value_name = "LIST")]
    events: Vec<Asked>,

    /// Write the timeline as JSON to a file instead of printing it
    #[arg(long, value_name = "FILE", requires = "events")]
    events_json: Option<PathBuf>,

    #[command(flatten)]
    narrowing: Narrowing,

    /// Print the whole timeline at once, even if it is longer than the terminal. Otherwise
    /// PAGER shows it when the program has ended, by default less
    #[arg(long, requires = "events", conflicts_with = "events_json")]
    no_pager: bool,

    /// Show the kernel log on stderr as it comes, each line after `| `
    #[arg(long)]
    console: bool,

    /// Write the whole kernel log to a file, however the run ends
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,

    /// Keep the run in a file, for `show`
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    /// Also write the run as JSON: the document that `show --json` prints of its record
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Also write the run as a page of HTML; --events says what it shows
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Time on this host after which the program is killed [default: 60; none with
    /// --interactive or --guest-timeout]
    #[arg(long, value_name = "SECONDS", value_parser = request::seconds)]
    timeout: Option<Duration>,

    /// Guest time after which the program is killed: at the same instruction on a quick
    /// and on a busy host. A second is 31 million instructions
    #[arg(long, value_name = "SECONDS", value_parser = request::seconds)]
    guest_timeout: Option<Duration>,

    /// Give the machine as much memory more: M or G. Without this, it has what the files
    /// that go into it need, and about as much again for the program
    #[arg(long, value_name = "SIZE", default_value = "0M", hide_default_value = true, value_parser = request::size)]
    memory: u64,

    /// The user of the program: root, student or nobody
    #[arg(long, value_name = "NAME", default_value = "root", value_parser = request::user)]
    user: User,

    /// Pass standard input on even if it is a terminal
    #[arg(long, short)]
    interactive: bool,

    /// Show the machine's size and the files that go into it, and run nothing
    #[arg(long, conflicts_with = "kmod_src")]
    plan: bool,

    /// The program and its arguments
    #[arg(last = true, required_unless_present = "events", value_name = "PROGRAM [ARGS]…")]
    command: Vec<String>,
}

impl Exec {
    pub fn run(self, context: &Context) -> Result {
        let mut program = PathBuf::new();
        // The lab's own failures have separate statuses here.
        Ok(self.execute(context, &mut program).unwrap_or_else(|error| {
            ui::print_error(&error);
            Outcome::of_program(status_of(&error, &program))
        }))
    }

    /// Sets `found` to the program as soon as it is found.
    fn execute(mut self, context: &Context, found: &mut PathBuf) -> Result {
        let trust = if self.trust { Trust::Full } else { Trust::Sandboxed };
        let kmods: Vec<Kmod> = self
            .kmod
            .into_iter()
            .chain(self.kmod_src.into_iter().map(|source| Kmod::Source { source, trust }))
            .collect();
        let additions = self.kernel_with.additions();
        if events::wants_help(&self.events) {
            let lab = context.lab_with("exec", additions)?;
            let machine = lab.machine()?;
            let kmods = lab.known(&machine, &context.work()?, kmods)?;
            let known = lab.kernel_events(&machine, &kmods)?;
            ui::print(&events::help(&known));
            return Ok(Outcome::SUCCESS);
        }
        if self.command.is_empty() {
            return Err(NoProgram.into());
        }
        let program = self.command.remove(0);
        let mut request = Request {
            env: self.env,
            kmods,
            files: self.file,
            with: request::find_all(&self.with)?,
            out: self.out,
            kmod_out: self.kmod_out,
            console: self.console,
            events: events::selected(&self.events),
            timeout: match self.timeout {
                None if self.interactive || self.guest_timeout.is_some() => None,
                given => given.or(Some(Duration::from_secs(60))),
            },
            guest_timeout: self.guest_timeout,
            memory: self.memory,
            user: self.user,
            ..Request::new(&program, self.command)?
        };
        found.clone_from(&request.program);
        let join = match self.interactive || has_input() {
            true => Join::InputAndOutput,
            false => Join::Output,
        };
        if self.plan {
            ui::print(&Plan::new(&request)?.to_string());
            return Ok(Outcome::SUCCESS);
        }
        let lab = context.lab_with("exec", additions)?;
        let machine = lab.machine()?;
        request.kmods = lab.known(&machine, &context.work()?, request.kmods)?;
        let executed = lab.exec(&machine, &request, join);
        let (ran, timeline) = left(executed.as_ref());
        let background = match timeline {
            Some(timeline) if self.record.is_some() || self.html.is_some() => {
                Background::of_exec(&lab, &machine, timeline)?
            }
            _ => Background::default(),
        };
        if let Some(path) = &self.record
            && let Some(file) = RecordFile::of_exec(&lab, &machine, &executed)?
        {
            file.with(&background)?.write(path)?;
        }
        if let Some(file) = &self.json {
            let json = format!("{}\n", lab::exec::report::json(executed.as_ref()));
            whole::write(file, json.as_bytes())?;
        }
        if let Some(file) = &self.html {
            let maker = Maker::here(&lab, &machine);
            let page = pages::of_exec(executed.as_ref(), &maker, &background);
            whole::write(file, page.as_bytes())?;
        }
        let log = match (ran, &executed) {
            (Some(ran), _) => Some(ran.returned.log.as_str()),
            (None, Err(error)) => error.downcast_ref().and_then(VmError::log),
            (None, Ok(_)) => None,
        };
        keep_log(self.log.as_deref(), log.unwrap_or_default())?;
        let narrow = self.narrowing.narrow();
        let events_json = self.events_json.as_deref();
        let shown = Events::Shown { narrow: &narrow, may_page: !self.no_pager };
        conclude(executed, events_json.map_or(shown, Events::Json))
    }
}

/// What becomes of the events that were recorded.
#[derive(Clone, Copy)]
pub enum Events<'a> {
    /// Not shown.
    Passed,
    /// These are printed, or shown in a pager if they are many.
    Shown { narrow: &'a Narrow, may_page: bool },
    /// Written to this file as JSON.
    Json(&'a Path),
}

/// Shows what is left to show when a program's output has been shown: the events, if they
/// are wanted, and how the run ended if the program did not end it.
pub fn conclude(executed: std::result::Result<Executed, Error>, events: Events<'_>) -> Result {
    let executed = match executed {
        Ok(executed) => executed,
        Err(error) => {
            let fallen = error.downcast_ref::<Fallen>();
            if let Some(Some(trace)) = fallen.map(|fallen| &fallen.trace)
                && let Err(unshown) = show_remains(trace, events)
            {
                ui::print_error(&unshown);
            }
            return Err(error);
        }
    };
    if let Some(timeline) = &executed.timeline {
        show(timeline, events)?;
    }
    if let Some(trace) = &executed.cut_off {
        show_remains(trace, events)?;
    }
    let Returned { job, log, elapsed, .. } = executed.ran.returned;
    let program = job.session.map(|session| session.argv0).unwrap_or_default();
    let (status, reason) = match executed.status {
        Status::Ended(status) => return Ok(Outcome::of_program(status)),
        Status::Unrecorded(error) => {
            ui::print_error(&error.into());
            return Ok(Outcome::of_program(FAILED));
        }
        Status::Halted => (
            FAILED,
            format!(
                "`{program}` halted the machine, rebooted it or switched it off: its exit status \
                 is not known"
            ),
        ),
        Status::Left => (FAILED, "you left the machine".to_owned()),
        Status::TimedOut { guest } => {
            let (host, guest) = (elapsed.as_secs_f64(), guest.as_secs_f64());
            let times = format!("after {host:.1} s, and {guest:.1} s of guest time");
            (TIMED_OUT, format!("`{program}` did not end in time and was killed {times}"))
        }
        Status::Refused(reason) => (CANNOT_START, format!("`{program}` was not started: {reason}")),
        Status::NotStarted(reason) => (FAILED, format!("`{program}` was not started: {reason}")),
    };
    ui::print_error(&NoVerdict { reason, log }.into());
    Ok(Outcome::of_program(status))
}

/// Does with a timeline what is wanted.
fn show(timeline: &Timeline, events: Events<'_>) -> std::result::Result<(), Error> {
    match events {
        Events::Passed => Ok(()),
        Events::Json(file) => {
            let json = format!("{}\n", timeline.to_json());
            std::fs::write(file, json).map_err(Error::file("write", file))
        }
        Events::Shown { narrow, may_page } => {
            let columns = Screen::of(&stderr()).columns();
            pager::show_beside(&report::timeline(timeline, narrow, columns)?, may_page);
            Ok(())
        }
    }
}

/// Does the same with the events that were recorded before a machine ended too early, and
/// says so.
fn show_remains(
    trace: &std::result::Result<CutOff, Error>,
    events: Events<'_>,
) -> std::result::Result<(), Error> {
    if let Events::Passed = events {
        return Ok(());
    }
    match trace {
        Ok(trace) => {
            show(&trace.timeline, events)?;
            ui::say(match trace.had_room {
                true => "the record ends here, with the machine",
                false => "the record ends here because it was full; the machine went on",
            });
        }
        Err(error) => ui::say(&format!(
            "what was recorded could not be read: {}",
            visible(&error.to_string())
        )),
    }
    Ok(())
}

/// Writes the kernel log to the file that the person named.
fn keep_log(file: Option<&Path>, log: &str) -> std::result::Result<(), Error> {
    match file {
        Some(file) => std::fs::write(file, log).map_err(Error::file("write", file)),
        None => Ok(()),
    }
}
