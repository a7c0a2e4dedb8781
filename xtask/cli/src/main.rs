//! `cargo xtask`: the command line of the lab.
//!
//! Each command is a file in `cmd/` that turns its arguments into calls of the library
//! and the results into text. Commands have no logic of their own.

mod books;
mod cmd;
mod compiled;
mod context;
#[cfg(feature = "test")]
mod kept;
mod kernel_with;
mod looking;
mod narrowing;
mod outcome;
mod pager;
mod screen;
mod ui;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use builder::root::NoRoot;
use clap::{CommandFactory, Parser, Subcommand};
use lab::error::Error;
use lab::exec::outcome::FAILED;
use lab::pack::PackError;
use nix::libc::SIGPIPE;
use process::interrupt;

use context::Context;
use outcome::Outcome;
use ui::Unwritten;

/// How the Linux kernel reaches user space: lessons that prove it.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about)]
struct Cli {
    /// Refuse to install host packages; print the command instead
    #[arg(long, global = true)]
    no_install: bool,

    /// The kernel source: a folder or an archive, of any release [default: the cache,
    /// then Debian's or kernel.org's archive with a known hash, then the distribution's]
    #[arg(long, global = true, value_name = "PATH", env = "UPCALL_KERNEL_SOURCE")]
    kernel_source: Option<PathBuf>,

    /// Use another tree of lessons instead of this repository
    #[arg(long, global = true, value_name = "DIR", hide = true)]
    course: Option<PathBuf>,

    /// Use another folder instead of `work/` for the student's files
    #[arg(long, global = true, value_name = "DIR", hide = true)]
    work: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(cmd::run::Run),
    Show(cmd::show::Show),
    List(cmd::list::List),
    Plan(cmd::plan::Plan),
    Exec(cmd::exec::Exec),
    Suite(cmd::suite::Suite),
    Shell(cmd::shell::Shell),
    #[cfg(feature = "test")]
    Test(cmd::test::Test),
    /// Run every test: unit tests, lessons against their snapshots, tidy
    #[cfg(not(feature = "test"))]
    Test(cmd::untested::Untested),
    Start(cmd::start::Start),
    Check(cmd::check::Check),
    Watch(cmd::watch::Watch),
    Hint(cmd::hint::Hint),
    Solution(cmd::solution::Solution),
    Reset(cmd::reset::Reset),
    Progress(cmd::progress::Progress),
    Grade(cmd::grade::Grade),
    Debug(cmd::debug::Debug),
    New(cmd::new::New),
    Book(cmd::book::Book),
    Mutants(cmd::mutants::Mutants),
    Setup(cmd::setup::Setup),
    Pack(cmd::pack::Pack),
    Unpack(cmd::unpack::Unpack),
    Doctor(cmd::doctor::Doctor),
    Bench(cmd::bench::Bench),
    #[cfg(feature = "test")]
    Soak(cmd::soak::Soak),
    /// Run random commands with random faults, and check that nothing is lost
    #[cfg(not(feature = "test"))]
    Soak(cmd::untested::Untested),
    Clean(cmd::clean::Clean),
}

fn main() -> ExitCode {
    // Without this handler, `ulimit -f` would end the process silently. Registering it
    // never fails in practice.
    let _ = interrupt::outlive_file_limit();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // clap distinguishes help from mistakes.
        Err(error) if error.use_stderr() => {
            let _ = error.print();
            return Status::asked().of(Outcome::USAGE).into();
        }
        Err(help) => {
            ui::printed(help.print());
            return end(Status::OfTheLab, Outcome::SUCCESS);
        }
    };
    let status = Status::of_command(&cli.command);
    if let Err(error) = in_a_checkout(&cli.command) {
        return end(status, status.of(fail(&error)));
    }
    // The context lives as long as the process, because tests run on threads that share
    // it.
    let context: &'static Context =
        Box::leak(Box::new(Context::new(cli.no_install, cli.kernel_source, cli.course, cli.work)));
    let result = match cli.command {
        Command::Run(command) => command.run(context),
        Command::Show(command) => command.run(context),
        Command::List(command) => command.run(context),
        Command::Plan(command) => command.run(context),
        Command::Exec(command) => command.run(context),
        Command::Suite(command) => command.run(context),
        Command::Shell(command) => command.run(context),
        Command::Test(command) => command.run(context),
        Command::Start(command) => command.run(context),
        Command::Check(command) => command.run(context),
        Command::Watch(command) => command.run(context),
        Command::Hint(command) => command.run(context),
        Command::Solution(command) => command.run(context),
        Command::Reset(command) => command.run(context),
        Command::Progress(command) => command.run(context),
        Command::Grade(command) => command.run(context),
        Command::Debug(command) => command.run(context),
        Command::New(command) => command.run(context),
        Command::Book(command) => command.run(context),
        Command::Mutants(command) => command.run(context),
        Command::Setup(command) => command.run(context),
        Command::Pack(command) => command.run(context),
        Command::Unpack(command) => command.run(context),
        Command::Doctor(command) => command.run(context),
        Command::Bench(command) => command.run(context),
        Command::Soak(command) => command.run(context),
        Command::Clean(command) => command.run(context),
    };
    end(status, result.unwrap_or_else(|error| status.of(fail(&error))))
}

/// Whether there is a checkout, or a pack whose `pack.json` is understood. What unpacks a
/// pack is not in one yet.
fn in_a_checkout(command: &Command) -> Result<(), Error> {
    match builder::root::find() {
        Some(root) => {
            let read = builder::pack::Pack::read(&root);
            read.map(drop).map_err(|source| PackError::File(source).into())
        }
        None if matches!(command, Command::Unpack(_)) => Ok(()),
        None => Err(NoRoot { folder: std::env::current_dir().unwrap_or_default() }.into()),
    }
}

/// The meaning of a command's exit statuses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    OfTheLab,
    /// Statuses of programs that were run. The lab has one status for all its own
    /// failures.
    OfAProgram,
}

impl Status {
    fn of_command(command: &Command) -> Status {
        match command {
            Command::Exec(_) | Command::Suite(_) => Status::OfAProgram,
            _ => Status::OfTheLab,
        }
    }

    /// For a command line that makes no sense: guesses which command was meant.
    fn asked() -> Status {
        let matches = Cli::command().ignore_errors(true).try_get_matches();
        let command = matches.ok().and_then(|matches| matches.subcommand_name().map(str::to_owned));
        match command.as_deref() {
            Some("exec" | "suite") => Status::OfAProgram,
            _ => Status::OfTheLab,
        }
    }

    /// The outcome for a failure of the lab itself.
    fn of(self, failure: Outcome) -> Outcome {
        match self {
            Status::OfTheLab => failure,
            Status::OfAProgram => Outcome::of_program(FAILED),
        }
    }
}

fn fail(error: &Error) -> Outcome {
    ui::print_error(error);
    Outcome::of(error)
}

/// Ends this process as its callers expect: by the signal that asked it to end, by
/// SIGPIPE if the reader of its output left, or with a status. A command whose output
/// could not be written has failed. One that had failed before keeps its status.
fn end(status: Status, outcome: Outcome) -> ExitCode {
    if let Some(signal) = interrupt::signal() {
        interrupt::end_by(signal);
    }
    let outcome = match ui::all_written() {
        Ok(()) => outcome,
        Err(_) if outcome != Outcome::SUCCESS => outcome,
        Err(Unwritten::Unread) => interrupt::end_by(SIGPIPE),
        Err(Unwritten::Failed(error)) => status.of(fail(&error)),
    };
    outcome.into()
}
