//! Acts on the student's listener: makes edu interrupt, also while the
//! listener cannot run, so that its buffer overruns, and once more in the middle
//! of its recovery. Marks in the trace what the listener told.
//!
//! Usage: harness COUNT
//!
//! COUNT is how many interrupts overrun the buffer.

use std::error::Error;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use marker::mark;
use netlink::{COUNT, Family, RAISE, attribute, command, open_socket, resolve};
use netlink_sys::Socket;
use student::output::Output;
use student::rest::mark_rest;
use student::stop::{go_on, stop};

/// How long the program has for an answer, or for coming to rest. What is told
/// later does not count.
const ANSWER: Duration = Duration::from_millis(100);

/// How long it takes to start.
const START: Duration = Duration::from_millis(200);

/// The device's side: how to make it interrupt, and how often it has.
struct Edu {
    asking: Socket,
    family: Family,
    interrupts: u32,
}

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let count: u32 = std::env::args().nth(1).ok_or("usage: harness COUNT")?.parse()?;
    let asking = open_socket()?;
    let family = resolve(&asking)?.map_err(|refusal| io::Error::from(refusal.errno))?;
    let mut edu = Edu { asking, family, interrupts: 0 };

    let mut program = student::spawn(student::command([]).stdout(Stdio::piped()))?;
    let mut output = Output::of(&mut program)?;
    // So it acts as soon as the program has printed a line.
    steps::run_until_asleep()?;
    // By then it waits for the first event.
    output.hear(START)?;

    mark!("no overrun");
    let from = edu.interrupts;
    let mut lines = Vec::new();
    for _ in 0..3 {
        edu.interrupt(1)?;
        lines.extend(output.hear(ANSWER)?);
    }
    judge("no overrun", &lines, from, edu.interrupts);

    mark!("an overrun");
    let from = edu.interrupts;
    stop(&program)?;
    edu.interrupt(count)?;
    go_on(&program)?;
    judge("an overrun", &output.hear(ANSWER)?, from, edu.interrupts);

    mark!("after the overrun");
    edu.interrupt(1)?;
    let last = output.hear(ANSWER)?.pop();
    if last == Some(format!("interrupt {}", edu.interrupts)) {
        mark!("after the overrun: the next interrupt is told");
    }

    mark!("an interrupt during the recovery");
    let from = edu.interrupts;
    stop(&program)?;
    edu.interrupt(count)?;
    go_on(&program)?;
    // With its first word the program is interrupted: it has read one of the
    // events that its buffer holds, or none.
    let mut lines = output.hear_some(1, ANSWER)?;
    stop(&program)?;
    edu.interrupt(1)?;
    go_on(&program)?;
    lines.extend(output.hear(ANSWER)?);
    judge("during the recovery", &lines, from, edu.interrupts);

    mark_rest(&program, &mut output)?;
    mark!("the end");
    program.kill()?;
    student::wait(&mut program)?;
    Ok(())
}

impl Edu {
    /// Has edu interrupt; when this returns, each interrupt's event was sent.
    fn interrupt(&mut self, count: u32) -> io::Result<()> {
        command(&self.asking, self.family, RAISE, vec![attribute(COUNT, count)])?
            .map_err(|refusal| io::Error::from(refusal.errno))?;
        self.interrupts += count;
        Ok(())
    }
}

/// Marks whether the program told of each interrupt behind `from`, up to `to`,
/// in order and once: by its event, or as one of those that it missed.
fn judge(step: &str, lines: &[String], from: u32, to: u32) {
    let losses: Vec<u32> = lines.iter().filter_map(|line| value(line, "missed ")).collect();
    match losses[..] {
        [] => mark!("{}: nothing told of a loss", step),
        _ => mark!("{}: told of a loss: {}", step, format!("{losses:?}")),
    }
    let mut known = from;
    for line in lines {
        if let Some(number) = value(line, "interrupt ") {
            if number != known.wrapping_add(1) {
                mark!("{}: `{}` follows {}", step, line, known);
                return;
            }
            known = number;
        } else if let Some(number) = value(line, "missed ") {
            known = known.wrapping_add(number);
        }
    }
    if known == to {
        mark!("{}: every interrupt is accounted for", step);
    } else {
        mark!("{}: known up to {} of {}", step, known, to);
    }
}

/// The number behind a word that begins the line.
fn value(line: &str, word: &str) -> Option<u32> {
    line.strip_prefix(word)?.parse().ok()
}
