//! `cargo xtask`: starts the command line of the lab, the program `upcall`.
//!
//! This launcher has no external dependencies, so its first output comes within a second,
//! even on a fresh machine. It says what the host lacks before anything long is compiled.
//! Then Cargo builds the command line with its progress on the screen, and the launcher
//! becomes the command line. If nothing has changed, it becomes the command line at once.

mod arguments;
mod program;

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::SystemTime;

use explain::Explain;
use host::{BY_TERMINAL, InstallPolicy, Kit};

use arguments::Arguments;
use program::Program;

/// The launcher's own exit statuses. All others come from the command line.
const BUILD_FAILED: u8 = 3;
const UNAVAILABLE: u8 = 69;
/// Used instead if other statuses belong to a program.
const EXEC_FAILED: u8 = 125;

/// What failed, and what to do about it.
struct Failure {
    status: u8,
    message: String,
    /// Text that belongs under the message.
    details: Option<String>,
    hint: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::new(std::env::args_os().skip(1).collect());
    let failure = match launch(&arguments) {
        Ok(never) => match never {},
        Err(failure) => failure,
    };
    host::say(&format!("error: {}", failure.message));
    for line in failure.details.iter().flat_map(|text| text.lines()) {
        host::say(&format!("  {line}"));
    }
    if let Some(hint) = failure.hint {
        host::say(&format!("hint: {hint}"));
    }
    ExitCode::from(if arguments.is("exec") || arguments.is("suite") {
        EXEC_FAILED
    } else {
        failure.status
    })
}

/// Becomes the command line, or says why it cannot.
fn launch(arguments: &Arguments) -> Result<std::convert::Infallible, Failure> {
    if let Some(message) = host::unsupported() {
        return Err(Failure { status: UNAVAILABLE, message, details: None, hint: None });
    }
    let program =
        Program::beside_this(arguments.is("test") || arguments.is("soak")).ok_or_else(|| {
            Failure {
                status: BUILD_FAILED,
                message: "this program is started by Cargo".to_owned(),
                details: None,
                hint: Some("call `cargo xtask` in the checkout".to_owned()),
            }
        })?;
    // A pack's program is as it came.
    if !program.is_packed() && !program.is_current() {
        prepare(arguments, &program)?;
    }
    // exec returns only if it failed.
    let source = Command::new(&program.path).args(&arguments.all).exec();
    Err(Failure {
        status: BUILD_FAILED,
        message: format!("failed to start `{}`: {source}", program.path.display()),
        details: None,
        hint: None,
    })
}

/// Names and installs what the host lacks, then builds the command line.
fn prepare(arguments: &Arguments, program: &Program) -> Result<(), Failure> {
    if !program.path.exists() {
        host::say(
            "Upcall sets itself up. First its command line is compiled, which takes a minute or \
             two;\nbefore that: does this host have what is needed?",
        );
    }
    if let Some(command) = arguments.on_the_host() {
        let policy = InstallPolicy::new(arguments.no_install());
        host::ensure(command, Kit::Checkout, policy, &host::ask, &BY_TERMINAL).map_err(
            |error| Failure {
                status: UNAVAILABLE,
                message: error.to_string(),
                details: error.details().map(str::to_owned),
                hint: error.hint(),
            },
        )?;
    }
    let failed =
        |message: String| Failure { status: BUILD_FAILED, message, details: None, hint: None };
    let began = SystemTime::now();
    let cargo = std::env::var_os("CARGO").map_or_else(|| "cargo".into(), PathBuf::from);
    let status = program
        .build(&cargo)
        .map_err(|source| failed(format!("failed to run `{}`: {source}", cargo.display())))?;
    if !status.success() {
        return Err(failed(format!("failed to build the command line: cargo's {status}")));
    }
    program.note(began);
    Ok(())
}
