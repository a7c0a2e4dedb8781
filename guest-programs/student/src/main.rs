//! The harness of every exercise that has none of its own: starts the student's
//! program with the arguments that it was given, and waits for its end.

use std::process::ExitCode;

use protocol::GuestFile;

fn main() -> ExitCode {
    marker::open_trace();
    let ended = student::start(std::env::args_os().skip(1)).and_then(|mut program| {
        student::wait(&mut program)?;
        Ok(())
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("harness: failed to run `{}`: {error}", GuestFile::STUDENT.path());
            ExitCode::FAILURE
        }
    }
}
