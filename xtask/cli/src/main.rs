//! `cargo xtask`: the command line of the lab.
//!
//! Each command is a file in `cmd/`, which turns its arguments into calls of
//! the library and what comes back into text. There is no logic of its own.

mod cmd;
mod compiled;
mod context;
mod outcome;
mod shard;
mod ui;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use builder::root::NoRoot;
use clap::{Parser, Subcommand};
use lab::error::Error;

use context::Context;
use outcome::Outcome;

/// How the Linux kernel reaches user space: lessons that prove it.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, about)]
struct Cli {
    /// Refuse to install host packages; print the command instead
    #[arg(long, global = true)]
    no_install: bool,

    /// Where the kernel source is: a folder or an archive, of any release [default:
    /// the cache, Debian's or kernel.org's known by its hash, the distribution's]
    #[arg(long, global = true, value_name = "PATH", env = "UPCALL_KERNEL_SOURCE")]
    kernel_source: Option<PathBuf>,

    /// Another tree with lessons than this repository
    #[arg(long, global = true, value_name = "DIR", hide = true)]
    course: Option<PathBuf>,

    /// Another folder for the student's files than `work/`
    #[arg(long, global = true, value_name = "DIR", hide = true)]
    work: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(cmd::run::Run),
    List(cmd::list::List),
    Plan(cmd::plan::Plan),
    Exec(cmd::exec::Exec),
    Shell(cmd::shell::Shell),
    Test(cmd::test::Test),
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
    Mutants(cmd::mutants::Mutants),
    Setup(cmd::setup::Setup),
    Doctor(cmd::doctor::Doctor),
    Bench(cmd::bench::Bench),
    Clean(cmd::clean::Clean),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // clap tells help from mistakes: 0 and 2.
        Err(error) if error.use_stderr() => error.exit(),
        Err(help) => {
            ui::printed(help.print());
            return written(Outcome::SUCCESS).into();
        }
    };
    if builder::root::find().is_none() {
        let folder = std::env::current_dir().unwrap_or_default();
        return fail(&NoRoot { folder }.into()).into();
    }
    // It lives as long as the process: tests run on threads that share it.
    let context: &'static Context =
        Box::leak(Box::new(Context::new(cli.no_install, cli.kernel_source, cli.course, cli.work)));
    let result = match cli.command {
        Command::Run(command) => command.run(context),
        Command::List(command) => command.run(context),
        Command::Plan(command) => command.run(context),
        Command::Exec(command) => command.run(context),
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
        Command::Mutants(command) => command.run(context),
        Command::Setup(command) => command.run(context),
        Command::Doctor(command) => command.run(context),
        Command::Bench(command) => command.run(context),
        Command::Clean(command) => command.run(context),
    };
    written(result.unwrap_or_else(|error| fail(&error))).into()
}

fn fail(error: &Error) -> Outcome {
    ui::print_error(error);
    Outcome::of(error)
}

/// A command whose output could not be written has failed; one that has failed
/// already keeps its status.
fn written(outcome: Outcome) -> Outcome {
    let Err(error) = ui::all_written() else { return outcome };
    ui::print_error(&error);
    if outcome == Outcome::SUCCESS { Outcome::of(&error) } else { outcome }
}
