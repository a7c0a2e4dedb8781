//! Reports on a run, for people and for programs.

use explain::{ExitStatus, Explain};
use figure::Figure;
use protocol::Ended;
use serde_json::{Value, json};
use story::narrow::{Narrow, UnknownTask};
use story::render;
use story::render::ink::Inked;
use story::render::text::Row;
use story::scene::{Scenes, Selection};
use story::timeline::{Roles, Timeline};
use story::view::{Section, View};
use trace::Symbols;
use vm::command::Accel;
use vm::last_lines;

use crate::error::Error;
use crate::plan::Plan;
use crate::returned;
use crate::run::Run;

/// The whole report as text of 80 columns: the program's output, the timeline, and
/// whether each expectation was met.
pub fn text(plan: &Plan, run: &Run) -> String {
    let report = shown(plan, run, &View::default());
    report.expect("no task was asked for").to_string()
}

/// What a person wants to see of the run.
pub fn shown(plan: &Plan, run: &Run, view: &View) -> Result<Inked, UnknownTask> {
    let title = format!(
        "{}: {}\n{}\n",
        plan.lesson.name,
        plan.lesson.title,
        machine(plan.options.accel, run.returned.booted)
    );
    let mut sections = Vec::new();
    let mut rows = render::text::rows(&run.timeline);
    let mut facts = run.verdict.clone();
    match &view.scenes {
        Some(scenes) => {
            rows.retain(|(entry, _)| scenes.entries[*entry]);
            facts = facts.of_scene(scenes);
        }
        None => {
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            sections.push(Section::of_output("output", &text(&run.record.stdout)));
            if !run.record.stderr.is_empty() {
                sections.push(Section::of_output("stderr", &text(&run.record.stderr)));
            }
        }
    }
    if plan.options.trace {
        let content = narrowed(&run.timeline, rows, &view.narrow, view.columns)?;
        sections.push(Section { name: "timeline", content });
    }
    let mut content = facts.render(&run.timeline, view.columns);
    if view.scenes.is_some() {
        let others = run.verdict.expectations.len() - facts.expectations.len();
        content.push_str(&format!("and {others} other facts of the lesson, which hold\n"));
    }
    Ok(view.report(&title, sections, Some(Section { name: "expected", content })))
}

/// The lines of a timeline that a person wants to see.
pub fn timeline(
    timeline: &Timeline,
    narrow: &Narrow,
    columns: usize,
) -> Result<Inked, UnknownTask> {
    narrowed(timeline, render::text::rows(timeline), narrow, columns)
}

fn narrowed(
    timeline: &Timeline,
    rows: Vec<(usize, Row)>,
    narrow: &Narrow,
    columns: usize,
) -> Result<Inked, UnknownTask> {
    let narrowed = narrow.apply(timeline, rows)?;
    let mut text = render::text::render(&narrowed.rows, columns);
    text.append(narrowed.left_out());
    Ok(text)
}

/// The run, or one of its scenes, as a sequence diagram in SVG.
pub fn figure(plan: &Plan, run: &Run, asked: Option<&str>) -> Result<String, UnknownScene> {
    let (lesson, timeline) = (&plan.lesson, &run.timeline);
    let wanted = match asked {
        Some(asked) => selected(plan, run, asked)?.entries,
        None => vec![true; timeline.entries.len()],
    };
    Ok(figure::svg(&Figure::new(lesson, timeline, &wanted)))
}

/// The run as a trace for Perfetto's viewer; see [`perfetto::document`].
pub fn perfetto(run: &Run) -> Value {
    perfetto::document(&run.timeline, &Roles::new(&run.timeline.births))
}

/// The run as a `trace.dat` file; see [`trace_dat::file`]. `kernel` has the functions of
/// the kernel.
pub fn trace_dat(run: &Run, kernel: &Symbols) -> Result<Vec<u8>, Error> {
    let symbols = returned::symbols(kernel, &run.returned.modules, &run.record)?;
    Ok(trace_dat::file(&run.record, &run.timeline, &symbols))
}

/// The events and facts of a scene.
pub fn selected(plan: &Plan, run: &Run, asked: &str) -> Result<Selection, UnknownScene> {
    let scenes = Scenes::new(&run.timeline);
    scenes.select(asked, &plan.lesson, &run.timeline).ok_or_else(|| UnknownScene {
        lesson: plan.lesson.name.to_string(),
        asked: asked.to_owned(),
        known: scenes.names().iter().map(|name| (*name).to_owned()).collect(),
    })
}

/// A person asked for a scene that the lesson does not have.
#[derive(Debug, thiserror::Error)]
#[error("there is no scene `{asked}` in {lesson}")]
pub struct UnknownScene {
    lesson: String,
    asked: String,
    /// The lesson's scenes, in order.
    known: Vec<String>,
}

impl Explain for UnknownScene {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }

    fn hint(&self) -> Option<String> {
        if self.known.is_empty() {
            return Some("this lesson has no scenes".to_owned());
        }
        Some(format!("its scenes are {}", self.known.join(", ")))
    }
}

/// The accelerator. It is always shown, because it explains a slow or irreproducible run.
fn machine(accel: Accel, booted: bool) -> String {
    let accel = match accel {
        Accel::TCG => "tcg".to_owned(),
        Accel::Tcg { shift } => format!("tcg (an instruction takes {} ns)", 1 << shift),
        Accel::Kvm => "kvm (times differ from run to run)".to_owned(),
    };
    let start = if booted { "booted" } else { "from the checkpoint" };
    format!("{accel}, {start}")
}

/// The story of a run, which is the same on every host; see [`story::text`].
pub fn story(plan: &Plan, run: &Run) -> String {
    story::text(&plan.lesson, &run.record, &run.timeline, &run.verdict)
}

/// What a person wants to see of the story.
pub fn story_shown(plan: &Plan, run: &Run, view: &View) -> Result<Inked, UnknownTask> {
    story::shown(&plan.lesson, &run.record, &run.timeline, &run.verdict, view)
}

/// The report as one JSON document:
///
/// ```json
/// {"version": 1, "lesson": "sigchld", "accel": "tcg", "cold": false,
///  "passed": true, "ended": {"exited": 0}, "stdout": "…", "stderr": "",
///  "expected": [{"fact": "…", "passed": true, "detail": ""}],
///  "timeline": {"entries": []},
///  "causes": [{"from": 3, "to": 4, "why": "wake-up"}], "vm_ms": 190}
/// ```
///
/// `causes` are arrows from one of the timeline's entries to another; for `why` see
/// [`story::causes::Why`].
/// `cold` says whether the machine booted, which it also does if its checkpoint is
/// unusable. `ended` is `{"exited": status}`, `{"signaled": number}`, `"timed-out"` or
/// `{"not-started": reason}`. `vm_ms` is the time on the host from QEMU's start to its
/// end. Everything else is the same in every run. The timeline is documented at
/// [`story::timeline::Timeline::to_json`].
pub fn json(plan: &Plan, run: &Run) -> Value {
    json!({
        "version": 1,
        "lesson": plan.lesson.name.to_string(),
        "accel": plan.options.accel.name(),
        "cold": run.returned.booted,
        "passed": run.verdict.passed(),
        "ended": run.record.outcome.ended,
        "stdout": String::from_utf8_lossy(&run.record.stdout),
        "stderr": String::from_utf8_lossy(&run.record.stderr),
        "expected": run.verdict.to_json(),
        "timeline": run.timeline.to_json(),
        "causes": story::causes::of(&run.timeline),
        "vm_ms": u64::try_from(run.returned.elapsed.as_millis()).unwrap_or(u64::MAX),
    })
}

/// The machine ran, but there is nothing to judge.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct NoVerdict {
    pub reason: String,
    /// The kernel log.
    pub log: String,
}

impl Explain for NoVerdict {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Vm
    }

    fn details(&self) -> Option<&str> {
        Some(last_lines(&self.log))
    }
}

/// Why a run has no verdict, or `None` if it has one.
pub fn no_verdict(plan: &Plan, run: &Run) -> Option<String> {
    match &run.record.outcome.ended {
        Ended::Exited(_) | Ended::Signaled(_) => None,
        Ended::TimedOut { .. } => Some(format!(
            "`{}` did not end within {} s of guest time",
            plan.job.program,
            plan.experiment.timeout_ms as f64 / 1000.0
        )),
        Ended::NotStarted(reason) => {
            Some(format!("`{}` was not started: {reason}", plan.job.program))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_always_said() {
        assert_eq!(machine(Accel::TCG, false), "tcg, from the checkpoint");
        assert_eq!(machine(Accel::TCG, true), "tcg, booted");
        let kvm = "kvm (times differ from run to run), from the checkpoint";
        assert_eq!(machine(Accel::Kvm, false), kvm);
    }
}
