//! Faults at random moments. After each, the next command is right to the byte, and
//! nothing is left behind.
//!
//! The command that is hit is right too, or ends with an error that says so. A correct
//! solution never loses a point.

mod fault;
mod rows;
mod world;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fastrand::Rng;
use lab::run::Lab;
use libtest_mimic::{Completion, Failed};
use serde_json::Value;

use crate::Test;
use fault::{Fault, Impossible, Whom};
use rows::{ROWS, Row};
use world::{Ended, What, World};

/// The seed for the tests.
const SEED: u64 = 1;

/// How long a process is stopped, in a test and in an endurance run. The latter is longer
/// than a machine may take.
const TEST_PAUSE: Duration = Duration::from_secs(2);
const LONG_PAUSE: Duration = Duration::from_secs(30);

/// A random seed.
pub fn any_seed() -> u64 {
    fastrand::u64(..1_000_000)
}

/// The names of the faults.
pub fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.name)
}

/// What happened to a command that was hit by a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// Its result is the same as without the fault.
    Right,
    /// It reported an error.
    Error,
    /// It was killed, as intended.
    Killed,
}

impl fmt::Display for Became {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Became::Right => "right all the same",
            Became::Error => "an error",
            Became::Killed => "killed",
        })
    }
}

/// One test per row. They share a world, so only one runs at a time.
pub fn all(lab: &Arc<Lab<'static>>) -> Vec<Test> {
    let world: Arc<Mutex<Option<World>>> = Arc::default();
    let test = |(number, row): (usize, &'static Row)| {
        let (lab, world) = (Arc::clone(lab), Arc::clone(&world));
        Test::that_may_be_skipped(format!("soak::{}", row.name), move || {
            if let Err(Impossible(why)) = row.fault.can_be_had() {
                return Ok(Completion::ignored_with(why));
            }
            let mut world = world.lock().map_err(|_| "a test before this one panicked")?;
            if world.is_none() {
                *world = Some(World::new(&lab)?);
            }
            let mut rng = Rng::with_seed(SEED + number as u64);
            let world = world.as_mut().expect("it was just made");
            let what = row.befalls[rng.usize(..row.befalls.len())];
            step(world, row, what, TEST_PAUSE, &mut rng).map(|_| Completion::Completed)
        })
    };
    ROWS.iter().enumerate().map(test).collect()
}

/// Causes one fault and checks everything that must hold after it. Returns `None` if the
/// host lacks the command.
fn step(
    world: &mut World,
    row: &Row,
    what: What,
    pause: Duration,
    rng: &mut Rng,
) -> Result<Option<Became>, Failed> {
    let Some((_, right, _)) = world.right(what).cloned() else { return Ok(None) };
    let told = |why: String| Failed::from(format!("{} of {what:?}: {why}", row.name));
    let call = row.fault.befall(world, what, pause, rng)?;
    let ended = world.end(call).map_err(|e| told(format!("{e:?}")))?;
    let became = became(&ended, &right, row.fault).ok_or_else(|| told(format!("{ended:#?}")))?;
    let next = world.run(what).map_err(|e| told(format!("the next command: {e:?}")))?;
    if !next.is(&right) {
        return Err(told(format!("the next command, after {became:?}: {next:#?}")));
    }
    world.is_tidy().map_err(|e| told(format!("{e:?}")))?;
    Ok(Some(became))
}

/// Returns `None` if the result is not allowed.
fn became(ended: &Ended, right: &Ended, fault: Fault) -> Option<Became> {
    if ended.is(right) || fault == Fault::ClosedStdout && ended.status == right.status {
        return Some(Became::Right);
    }
    if ended.status == 128 + nix::libc::SIGKILL && fault == Fault::Kill(Whom::Lab) {
        return Some(Became::Killed);
    }
    let says_why = match &ended.marks {
        Some(marks) if ended.stdout.contains("not graded: ") => no_point_is_lost(marks),
        _ => ended.stderr.lines().any(|line| line.starts_with("error: ")),
    };
    ([3, 4, 69, 125, 126].contains(&ended.status) && says_why).then_some(Became::Error)
}

/// Whether every student in a class has all points, or none because of an error.
fn no_point_is_lost(marks: &str) -> bool {
    let Ok(marks) = serde_json::from_str::<Value>(marks) else { return false };
    let rows = marks["results"].as_array().cloned().unwrap_or_default();
    rows.iter().all(|row| row["points"] == row["of"] || row.get("points").is_none())
}

/// The counts of an endurance run.
#[derive(Debug, Default)]
pub struct Counts(Vec<(&'static str, [usize; 3])>);

impl fmt::Display for Counts {
    /// Writes a table for docs/reliability.md.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| fault | times | right all the same | an error | killed |")?;
        writeln!(f, "|---|---|---|---|---|")?;
        for (name, [right, error, killed]) in &self.0 {
            let times = right + error + killed;
            writeln!(f, "| {name} | {times} | {right} | {error} | {killed} |")?;
        }
        Ok(())
    }
}

/// Hits random commands with random faults until a given time, using only faults whose
/// names contain `only`. Calls `tell` after each.
///
/// # Errors
/// What did not hold, with the number of the step. The same seed gives the same steps.
pub fn soak(
    lab: &Lab<'_>,
    seed: u64,
    only: &str,
    until: Instant,
    tell: impl Fn(usize, &str, &str, Became),
) -> Result<Counts, String> {
    let failed = |step: usize, e: Failed| {
        format!("step {step} of seed {seed}: {}", e.message().unwrap_or_default())
    };
    let mut world = World::new(lab).map_err(|e| failed(0, e))?;
    let is_meant = |row: &&Row| row.name.contains(only) && row.fault.can_be_had().is_ok();
    let rows: Vec<&Row> = ROWS.iter().filter(is_meant).collect();
    if rows.is_empty() {
        return Err(format!("no fault is called `{only}`, or none can be had here"));
    }
    let mut counts = Counts(rows.iter().map(|row| (row.name, [0; 3])).collect());
    let mut rng = Rng::with_seed(seed);
    for number in 1.. {
        if Instant::now() >= until {
            break;
        }
        let chosen = rng.usize(..rows.len());
        let row = rows[chosen];
        let what = row.befalls[rng.usize(..row.befalls.len())];
        // Each step has its own random numbers, so that its length affects no other step.
        let mut own = Rng::with_seed(rng.u64(..));
        let became = step(&mut world, row, what, LONG_PAUSE, &mut own);
        if let Some(became) = became.map_err(|e| failed(number, e))? {
            tell(number, row.name, &format!("{what:?}").to_lowercase(), became);
            counts.0[chosen].1[became as usize] += 1;
        }
    }
    Ok(counts)
}
