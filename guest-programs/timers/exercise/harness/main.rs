//! Stops the student's program for some periods, and looks at what it makes of that.
//!
//! Usage: harness PERIOD MISSED
//!
//! 1. It runs.
//! 2. It is stopped, for MISSED periods and one and a half, and goes on.
//! 3. It runs again.

mod lines;

use std::error::Error;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use marker::mark;
use student::stop::{go_on, stop};

use lines::Lines;

/// How many lines are heard before and after the stop.
const LINES: u32 = 4;

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let mut arguments = std::env::args().skip(1);
    let (Some(period), Some(missed)) = (arguments.next(), arguments.next()) else {
        return Err("usage: harness PERIOD MISSED".into());
    };
    let missed: u32 = missed.parse()?;
    let mut command = student::command([period.clone().into()]);
    let period = Duration::from_millis(period.parse()?);
    let mut program = student::spawn(command.stdout(Stdio::piped()))?;
    let mut lines = Lines::of(&mut program, period)?;

    mark!("1. it runs");
    for number in 1..=LINES {
        lines.next(u64::from(number), 0)?;
    }
    mark!("1. {}", lines.numbers());
    mark!("1. {}", lines.times());

    // It is at work on period LINES, for half a period. Stopped in the middle of that, it
    // has done its work by the time it goes on: half a period before the next one ends.
    sleep(period / 4);
    mark!("2. it is stopped");
    stop(&program)?;
    sleep(period * missed + period * 5 / 4);
    mark!("2. it goes on");
    go_on(&program)?;
    // Of those that have ended meanwhile, one is the last.
    let number = u64::from(LINES + missed + 1);
    lines.next(number, missed.into())?;
    mark!("2. {}", lines.numbers());

    lines.forget();
    mark!("3. it runs again");
    for later in 1..=LINES {
        lines.next(number + u64::from(later), 0)?;
    }
    mark!("3. {}", lines.times());
    mark!("4. done");
    program.kill()?;
    program.wait()?;
    Ok(())
}
