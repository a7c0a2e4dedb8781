//! The same lesson, again and again, on a host that is busy with something
//! else: are the runs the same, byte for byte?

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::document::{Measured, Row, Unit};
use crate::error::Error;
use crate::plan::{Options, Plan};
use crate::progress::Event;
use crate::report;
use crate::run::{Lab, Machine};

/// Runs each lesson so many times, as many machines at a time as there are
/// cores, beside a busy loop for each core; a row a lesson.
///
/// What a person sees of a run is compared with the first run's: output,
/// timeline with its times, expectations.
pub fn rows(lab: &Lab<'_>, machine: &Machine, times: usize) -> Result<Vec<Row>, Error> {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..lab.kernel.jobs {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let rows = lab.course.names.iter().map(|name| {
            let plan = Plan::new(lab.course.read(name)?, Options::default());
            let texts = texts(lab, machine, &plan, times)?;
            let same = texts.iter().filter(|&text| text == &texts[0]).count();
            Ok(Row {
                what: format!("identical runs of {name} under load"),
                unit: Unit::Runs,
                bar: Some(times as f64),
                measured: Measured::Same { same, of: times },
            })
        });
        let rows = rows.collect();
        over.store(true, Ordering::Relaxed);
        rows
    })
}

/// What each of so many runs shows.
fn texts(
    lab: &Lab<'_>,
    machine: &Machine,
    plan: &Plan,
    times: usize,
) -> Result<Vec<String>, Error> {
    let stage = plan.lesson.name.to_string();
    lab.progress.event(Event::Begin { stage: &stage, total: Some(times as u64) });
    let (begun, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..lab.kernel.jobs {
            scope.spawn(|| {
                while begun.fetch_add(1, Ordering::Relaxed) < times {
                    let result = lab.run(machine, plan).map(|run| report::text(plan, &run));
                    let mut results = results.lock().expect("no run panicked");
                    results.push(result);
                    lab.progress.event(Event::Step { done: results.len() as u64, detail: "" });
                }
            });
        }
    });
    lab.progress.event(Event::End);
    results.into_inner().expect("no run panicked").into_iter().collect()
}
