//! The terminal of the student's program: shows what it draws, and is resized
//! in the worst moments.
//!
//! Usage: harness ROWS COLUMNS
//!
//! ```text
//! program                    terminal (this harness)
//! picture, "are you done?" ──▶
//!                          ◀── "yes"
//! ```
//!
//! 0. The program draws.
//! 1. The terminal is resized while the program waits.
//! 2. It is resized while the program draws.
//! 3. It is resized in the moment before the program falls asleep.
//! 4. Nothing happens.

mod before_it_sleeps;
mod sleep;
mod terminal;

use std::error::Error;
use std::process::Child;
use std::time::Duration;

use marker::mark;
use student::wait::until;

use before_it_sleeps::{release, step_to_sleep};
use sleep::{is_asleep, switches};
use terminal::{PATIENCE, Terminal};

/// How long nothing happens, for the program to sleep, ms.
const QUIET: u16 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u16>());
    let (Some(Ok(rows)), Some(Ok(columns))) = (numbers.next(), numbers.next()) else {
        return Err("usage: harness ROWS COLUMNS".into());
    };
    let (mut terminal, mut program) = Terminal::start(rows, columns)?;

    let first = terminal.picture()?;
    mark!("0. it drew {}", first);
    terminal.done()?;

    until(&mut program, PATIENCE, is_asleep)?;
    mark!("1. resized while it waits");
    terminal.resize(rows + 1)?;
    let picture = terminal.picture()?;
    mark!("1. it drew {}", picture);
    terminal.done()?;

    until(&mut program, PATIENCE, is_asleep)?;
    terminal.resize(rows + 2)?;
    terminal.picture()?;
    mark!("2. resized while it draws");
    terminal.resize(rows + 3)?;
    terminal.done()?;
    let picture = terminal.picture()?;
    mark!("2. it drew {}", picture);
    terminal.done()?;

    until(&mut program, PATIENCE, is_asleep)?;
    terminal.resize(rows + 4)?;
    terminal.picture()?;
    step_to_sleep(&program, &mut terminal)?;
    mark!("3. resized in the moment before it falls asleep");
    terminal.resize(rows + 5)?;
    release(&program)?;
    let picture = terminal.picture()?;
    mark!("3. it drew {}", picture);
    terminal.done()?;

    until(&mut program, PATIENCE, is_asleep)?;
    nothing_happens(&mut program, &terminal)?;

    // It is not asked to end.
    program.kill()?;
    student::wait(&mut program)?;
    Ok(())
}

/// While nothing happens, the program is to sleep, and not to look now and then.
fn nothing_happens(program: &mut Child, terminal: &Terminal) -> Result<(), Box<dyn Error>> {
    let before = switches(program)?;
    mark!("4. nothing happens for {} ms", QUIET);
    terminal.readable(Duration::from_millis(QUIET.into()))?;
    let runs = switches(program)?.saturating_sub(before);
    let state = match program.try_wait()? {
        Some(_) => "not there any more",
        None if is_asleep(program)? => "asleep",
        None => "not asleep",
    };
    mark!("4. {}; it ran {} times", state, runs);
    Ok(())
}
