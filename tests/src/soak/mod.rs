//! Faults at random moments. After each, the next command is right to the byte and nothing
//! is left behind.
//!
//! The command that meets the fault is right as well, or ends with an error that says so.
//! A correct solution never loses a point.

mod fault;
mod process;
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
use fault::{Fault, Impossible};
use rows::{ROWS, Row};
use world::{Ended, What, World};

/// The seed for the tests.
const SEED: u64 = 1;

/// How long a process is stopped in a test.
const TEST_PAUSE: Duration = Duration::from_secs(2);
/// The same in an endurance run. No machine may take as long.
const LONG_PAUSE: Duration = Duration::from_secs(30);

/// A random seed.
pub fn any_seed() -> u64 {
    fastrand::u64(..1_000_000)
}

/// The first three cells of each row of the document's table: the test, the commands and
/// what may become of them.
pub fn table() -> impl Iterator<Item = [String; 3]> {
    ROWS.iter().map(|row| {
        let commands: Vec<_> = row.commands.iter().map(|what| format!("`{what}`")).collect();
        let expected: Vec<_> = row.expected.iter().map(Became::to_string).collect();
        [format!("`soak::{}`", row.name), commands.join(", "), expected.join(" or ")]
    })
}

/// What became of a command that met a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// It gave its usual result.
    Right,
    /// It reported an error.
    Error,
    /// The fault killed it.
    Killed,
    /// The fault came when the command, or the process that was meant, had ended.
    Missed,
}

impl Became {
    const ALL: [Became; 4] = [Became::Right, Became::Error, Became::Killed, Became::Missed];
}

impl fmt::Display for Became {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Became::Right => "right",
            Became::Error => "an error",
            Became::Killed => "killed",
            Became::Missed => "missed",
        })
    }
}

/// One test per row. They share a world, so only one runs at a time.
pub fn all(lab: &Arc<Lab<'static>>) -> Vec<Test> {
    let world: Arc<Mutex<Option<World>>> = Arc::default();
    let test = |(number, row): (usize, &'static Row)| {
        let (lab, world) = (Arc::clone(lab), Arc::clone(&world));
        Test::that_may_be_skipped(format!("soak::{}", row.name), move || {
            if let Err(Impossible(why)) = row.fault.is_possible() {
                return Ok(Completion::ignored_with(why));
            }
            let mut world = world.lock().map_err(|_| "a test before this one panicked")?;
            if world.is_none() {
                *world = Some(World::new(&lab)?);
            }
            let mut rng = Rng::with_seed(SEED + number as u64);
            let world = world.as_mut().expect("it was just made");
            let what = row.commands[rng.usize(..row.commands.len())];
            step(world, row, what, TEST_PAUSE, &mut rng).map(|_| Completion::Completed)
        })
    };
    ROWS.iter().enumerate().map(test).collect()
}

/// Runs a command with a fault and checks what must hold afterwards. `None` if the host
/// cannot run the command.
fn step(
    world: &mut World,
    row: &Row,
    what: What,
    pause: Duration,
    rng: &mut Rng,
) -> Result<Option<Became>, Failed> {
    let Some(right) = world.right(what).cloned() else { return Ok(None) };
    let told = |why: String| Failed::from(format!("{} of `{what}`: {why}", row.name));
    let say = |e: &Failed| e.message().unwrap_or_default().to_owned();
    let (call, is_hit) = row.fault.inflict(world, what, pause, rng).map_err(|e| told(say(&e)))?;
    let ended = world.end(call).map_err(|e| told(say(&e)))?;
    let became = became(&ended, &right, row.fault);
    let is_expected = became.is_some_and(|it| row.expected.contains(&it));
    let became = match (became, is_hit) {
        (Some(became), true) if is_expected => became,
        (Some(Became::Right), false) => Became::Missed,
        _ => return Err(told(format!("{ended:#?}"))),
    };
    let next = world.run(what).map_err(|e| told(format!("the next command: {}", say(&e))))?;
    if !next.is(&right) {
        return Err(told(format!("the next command, after \"{became}\": {next:#?}")));
    }
    world.is_tidy().map_err(|e| told(say(&e)))?;
    Ok(Some(became))
}

/// What became of a command. `None` if it is wrong.
fn became(ended: &Ended, right: &Ended, fault: Fault) -> Option<Became> {
    if ended.is(right) || fault == Fault::ClosedStdout && ended.status == right.status {
        return Some(Became::Right);
    }
    if ended.status == 128 + nix::libc::SIGKILL {
        // The file is the one before, or a whole new one. Both have the same marks.
        return (ended.marks == right.marks).then_some(Became::Killed);
    }
    let says_why = match &ended.marks {
        Some(marks) if ended.stdout.contains("not graded: ") => no_point_is_lost(marks),
        _ => ended.stderr.lines().any(|line| line.starts_with("error: ")),
    };
    ([3, 4, 69, 125, 126].contains(&ended.status) && says_why).then_some(Became::Error)
}

/// Whether every student has all points, or none because of an error.
fn no_point_is_lost(marks: &str) -> bool {
    let Ok(marks) = serde_json::from_str::<Value>(marks) else { return false };
    let rows = marks["results"].as_array().cloned().unwrap_or_default();
    rows.iter().all(|row| row["points"] == row["of"] || row.get("points").is_none())
}

/// The counts of an endurance run.
#[derive(Debug, Default)]
pub struct Counts(Vec<(&'static str, [usize; Became::ALL.len()])>);

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| fault |")?;
        Became::ALL.iter().try_for_each(|became| write!(f, " {became} |"))?;
        writeln!(f, "\n|---|---|---|---|---|")?;
        for (name, counts) in &self.0 {
            write!(f, "| {name} |")?;
            counts.iter().try_for_each(|count| write!(f, " {count} |"))?;
            writeln!(f)?;
        }
        Ok(())
    }
}

/// The steps of an endurance run.
pub struct Steps<'a> {
    pub seed: u64,
    /// Only faults whose names contain this.
    pub only: &'a str,
    /// Only this step, to repeat it.
    pub step: Option<usize>,
    /// No step begins later.
    pub until: Instant,
}

impl Steps<'_> {
    /// Random faults on random commands. `tell` hears of each.
    ///
    /// # Errors
    /// What did not hold, and the command that repeats its step.
    pub fn take(
        &self,
        lab: &Lab<'_>,
        tell: impl Fn(usize, &str, What, Became),
    ) -> Result<Counts, String> {
        let say = |e: &Failed| e.message().unwrap_or_default().to_owned();
        let mut world = World::new(lab).map_err(|e| say(&e))?;
        let is_meant = |row: &&Row| row.name.contains(self.only) && row.fault.is_possible().is_ok();
        let rows: Vec<&Row> = ROWS.iter().filter(is_meant).collect();
        if rows.is_empty() {
            return Err(format!("no fault is called `{}`, or none is possible here", self.only));
        }
        let mut counts = Counts(rows.iter().map(|row| (row.name, Default::default())).collect());
        let mut rng = Rng::with_seed(self.seed);
        for number in 1..=self.step.unwrap_or(usize::MAX) {
            if Instant::now() >= self.until {
                break;
            }
            let chosen = rng.usize(..rows.len());
            let row = rows[chosen];
            let what = row.commands[rng.usize(..row.commands.len())];
            // Each step has its own random numbers, however many the others use.
            let mut own = Rng::with_seed(rng.u64(..));
            if self.step.is_some_and(|step| step != number) {
                continue;
            }
            let became = step(&mut world, row, what, LONG_PAUSE, &mut own);
            if let Some(became) = became.map_err(|e| self.failed(number, &say(&e)))? {
                tell(number, row.name, what, became);
                counts.0[chosen].1[became as usize] += 1;
            }
        }
        Ok(counts)
    }

    fn failed(&self, number: usize, why: &str) -> String {
        let Steps { seed, only, .. } = self;
        let only = if only.is_empty() { String::new() } else { format!(" --fault {only}") };
        format!(
            "step {number} of seed {seed}: {why}\n\
             repeat it: cargo xtask soak --seed {seed}{only} --step {number}"
        )
    }
}
