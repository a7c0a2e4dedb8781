//! Writes into the two pipes of the student's program, and listens to what it says.
//!
//! Usage: harness NUMBER NUMBER NUMBER NUMBER NUMBER
//!
//! Lines come from the left and from the right, with silence and a signal between; then
//! the left is at its end, a last line comes from the right, and the right is at its end.

mod listener;
mod start;

use std::error::Error;
use std::fs::File;
use std::io::{self, ErrorKind, Write};

use marker::mark;
use nix::sys::signal::{Signal, kill};

use listener::Listener;
use start::start;

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let numbers: Vec<String> = std::env::args().skip(1).collect();
    let [a, b, c, d, e] = numbers.as_slice() else {
        return Err("usage: harness NUMBER NUMBER NUMBER NUMBER NUMBER".into());
    };
    let (mut program, mut left, mut right) = start()?;
    let mut listener = Listener::of(&mut program)?;

    mark!("1. a line from the left");
    tell(&mut left, a)?;
    mark!("1. it relayed {}", listener.relayed()?);

    mark!("2. a line from the right");
    tell(&mut right, b)?;
    mark!("2. it relayed {}", listener.relayed()?);

    mark!("3. silence");
    mark!("3. it ticked {} times in 330 ms", listener.ticks(330)?);

    mark!("4. a line from the left");
    tell(&mut left, c)?;
    mark!("4. it relayed {}", listener.relayed()?);

    // It has said the line, and has yet to go back to its select: let it sleep
    // there, which it does for 100 ms.
    listener.ticks(20)?;
    mark!("5. a signal");
    // Not yet waited for, so the number is still the program's.
    kill(student::pid(&program), Signal::SIGUSR1)?;
    mark!("5. it {}", if listener.ticks(130)? > 0 { "ticked" } else { "did not tick" });

    mark!("6. a line from the right");
    tell(&mut right, d)?;
    mark!("6. it relayed {}", listener.relayed()?);

    mark!("7. the left is at its end");
    drop(left);
    mark!("7. it ticked {} times in 230 ms", listener.ticks(230)?);

    mark!("8. a line from the right");
    tell(&mut right, e)?;
    mark!("8. it relayed {}", listener.relayed()?);

    mark!("9. the right is at its end");
    drop(right);
    listener.ticks(50)?;
    if program.try_wait()?.is_none() {
        program.kill()?;
    }
    student::wait(&mut program)?;
    Ok(())
}

/// Writes a line to an input. That nobody reads it any more is the program's
/// own fault.
fn tell(input: &mut File, line: &str) -> io::Result<()> {
    match input.write_all(format!("{line}\n").as_bytes()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
