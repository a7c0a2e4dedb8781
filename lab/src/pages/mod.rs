//! Runs as pages of HTML: what the crate [`page`] needs to show a lesson's run, an attempt
//! at an exercise, or a program that was run by hand.

mod background;

use std::collections::BTreeMap;

use explain::ExitStatus;
use page::{Fact, Page};
use story::expect::Checked;
use story::scene::Scenes;
use story::timeline::{Roles, Timeline};
use trace::record::Record;

use crate::error::Error;
use crate::exec::Executed;
use crate::exec::remains::left;
use crate::exercise::Exercise;
use crate::exercise::attempt::Attempt;
use crate::fingerprint::Fingerprint;
use crate::maker::Maker;
use crate::plan::Plan;
use crate::run::Run;

pub use background::Background;

/// The page of a lesson's run.
pub fn of_run(plan: &Plan, run: &Run, maker: &Maker, background: &Background) -> String {
    let facts = run.verdict.expectations.iter().map(fact).collect();
    let page = Page {
        name: &plan.lesson.name.to_string(),
        title: &plan.lesson.title,
        passed: Some(run.verdict.passed()),
        ending: run.verdict.program_failure(),
        made_by: made_by(maker, Some(&run.record)),
        output: output(&run.record.stdout, &run.record.stderr),
        facts,
        timeline: &run.timeline,
        roles: Some(&Roles::new(&run.timeline.births)),
        scenes: Scenes::new(&run.timeline).of_entries(),
        sources: background.sources.clone(),
        files: background.files(),
    };
    page.html()
}

/// The page of a lesson's run whose machine failed, with the end of the kernel log. `None`
/// if no machine was run.
pub fn of_failed_run(plan: &Plan, error: &Error, maker: &Maker) -> Option<String> {
    if error.exit_status() != ExitStatus::Vm {
        return None;
    }
    let page = Page {
        name: &plan.lesson.name.to_string(),
        title: &plan.lesson.title,
        // No fact was compared.
        passed: None,
        ending: Some(error.to_string()),
        made_by: made_by(maker, None),
        output: error.details().map(|log| ("kernel log", log.to_owned())).into_iter().collect(),
        facts: Vec::new(),
        timeline: &Timeline::default(),
        roles: None,
        scenes: Vec::new(),
        sources: Vec::new(),
        files: BTreeMap::new(),
    };
    Some(page.html())
}

/// The page of an attempt at an exercise.
pub fn of_attempt(
    exercise: &Exercise,
    attempt: &Attempt,
    maker: &Maker,
    background: &Background,
) -> String {
    let nothing = Timeline::default();
    let observed = attempt.observed.as_ref();
    let timeline = observed.map_or(&nothing, |observed| &observed.timeline);
    let record = observed.map(|observed| &observed.record);
    let marks = &attempt.marks;
    let mut output = record.map_or_else(Vec::new, |record| output(&record.stdout, &record.stderr));
    output.extend(attempt.compiler.clone().map(|text| ("compiler", text)));
    output.extend(attempt.log.clone().map(|text| ("kernel log", text)));
    let facts = marks.checks.iter().flat_map(|mark| {
        let whole = Fact {
            fact: format!("{} ({} of {})", mark.what, mark.points(), mark.of),
            passed: mark.passed,
            detail: String::new(),
            evidence: Vec::new(),
        };
        let failed = mark.facts.iter().filter(|fact| !fact.passed).map(fact);
        std::iter::once(whole).chain(failed)
    });
    let page = Page {
        name: &exercise.lesson.name.to_string(),
        title: &format!("{} of {} points", marks.points(), marks.of()),
        passed: Some(marks.passed()),
        ending: marks.ending.as_ref().map(|ending| ending.text.clone()),
        made_by: made_by(maker, record),
        output,
        facts: facts.collect(),
        timeline,
        roles: Some(&timeline.roles_in_an_exercise()),
        scenes: Vec::new(),
        sources: background.sources.clone(),
        files: background.files(),
    };
    page.html()
}

/// The page of a program that was run by hand.
pub fn of_exec(
    executed: Result<&Executed, &Error>,
    maker: &Maker,
    background: &Background,
) -> String {
    let nothing = Timeline::default();
    let (ran, timeline) = left(executed);
    let timeline = timeline.unwrap_or(&nothing);
    let job = ran.map(|ran| &ran.returned.job);
    let program = job.and_then(|job| job.session.as_ref()).map(|session| session.argv0.as_str());
    let args = job.map_or(&[][..], |job| &job.args);
    let command = program.into_iter().chain(args.iter().map(String::as_str));
    let page = Page {
        name: program.unwrap_or("exec"),
        title: &command.collect::<Vec<_>>().join(" "),
        passed: None,
        ending: executed.err().map(ToString::to_string),
        made_by: made_by(maker, None),
        output: ran.map_or_else(Vec::new, |ran| output(&ran.output.stdout(), &ran.output.stderr())),
        facts: Vec::new(),
        timeline,
        roles: None,
        scenes: Vec::new(),
        sources: background.sources.clone(),
        files: background.files(),
    };
    page.html()
}

fn fact(checked: &Checked) -> Fact {
    Fact {
        fact: checked.fact.clone(),
        passed: checked.passed,
        detail: checked.detail.to_string(),
        evidence: checked.evidence.clone(),
    }
}

fn output(stdout: &[u8], stderr: &[u8]) -> Vec<(&'static str, String)> {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    vec![("output", text(stdout)), ("stderr", text(stderr))]
}

fn made_by(maker: &Maker, record: Option<&Record>) -> Vec<(&'static str, String)> {
    let mut made_by = vec![
        ("upcall", maker.lab.clone()),
        ("Linux", maker.kernel.clone()),
        ("emulator", maker.qemu.clone()),
    ];
    let digest = record.and_then(|record| Fingerprint::new(record).ok());
    made_by.extend(digest.map(|digest| ("digest", digest.to_string())));
    made_by
}
