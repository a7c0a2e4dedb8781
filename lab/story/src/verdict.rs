//! Judges whether a run shows what its lesson declares.

use protocol::Ended;
use trace::names;

use crate::detail::Detail;
use crate::expect::{Checked, Expectation, Witness};
use crate::render;
use crate::render::detail::rendered;
use crate::render::ink::{Ink, Inked};
use crate::render::wrap::wrap;
use crate::scene::Selection;
use crate::timeline::Timeline;

/// The host's judgement of a run, based on the record alone. Nothing that a program
/// prints affects it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The result for every expectation of the lesson, in its order.
    pub expectations: Vec<Checked>,
    /// How the program ended. It must exit with status 0.
    pub ended: Ended,
}

impl Verdict {
    /// Judges a run by its lesson's expectations.
    pub fn new(expectations: &[Expectation], timeline: &Timeline, ended: &Ended) -> Verdict {
        let expectations =
            expectations.iter().map(|e| e.check(timeline, Witness::OfTheRun)).collect();
        Verdict { expectations, ended: ended.clone() }
    }

    /// Whether the program ended well and every expectation was met.
    pub fn passed(&self) -> bool {
        self.program_failure().is_none() && self.expectations.iter().all(|e| e.passed)
    }

    /// What is wrong with how the program ended, or `None` if it exited with status 0.
    pub fn program_failure(&self) -> Option<String> {
        match &self.ended {
            Ended::Exited(0) => None,
            Ended::Exited(status) => Some(format!("the program exited with status {status}")),
            Ended::Signaled(sig) => {
                Some(format!("the program was killed by {}", names::signal(*sig)))
            }
            Ended::TimedOut { .. } => Some("the program ran out of time and was killed".to_owned()),
            Ended::NotStarted(reason) => Some(format!("the program was not started: {reason}")),
        }
    }

    /// The verdict on some scenes, plus every fact that did not hold.
    pub fn of_scene(&self, selection: &Selection) -> Verdict {
        let both = self.expectations.iter().zip(&selection.facts);
        let shown = both.filter(|(checked, chosen)| **chosen || !checked.passed);
        let expectations = shown.map(|(checked, _)| checked.clone()).collect();
        Verdict { expectations, ended: self.ended.clone() }
    }

    /// One line per fact that says whether it held. One that does not has what was
    /// declared, and what happens around the event that comes closest, in the words of the
    /// story. Then what is wrong with the program's end, if anything is. `told` are the
    /// events in the story's order: the place of each in the timeline, and its words. Lines
    /// have at most `columns`.
    pub fn facts(&self, told: &[(usize, String)], columns: usize) -> Inked {
        let mut text = Inked::default();
        for checked in &self.expectations {
            let Checked { fact, passed, detail, evidence } = checked;
            push_fact(&mut text, *passed, fact, columns);
            if *passed {
                continue;
            }
            for line in rendered(&detail.declared(), 2, columns) {
                text.push_str(&line);
            }
            let closest = evidence.first();
            let closest = closest.and_then(|place| told.iter().position(|(at, _)| at == place));
            push_context(&mut text, detail, closest, told.len(), columns, |at| told[at].1.clone());
        }
        self.push_failure(&mut text, columns);
        text
    }

    /// One paragraph per fact, with what the run shows about it. A fact that does not hold
    /// has the events around the one that comes closest, or the run's last events if a mark
    /// never came. Then what is wrong with the
    /// program's end, if anything is. Lines have at most `columns`.
    pub fn render(&self, timeline: &Timeline, columns: usize) -> Inked {
        let mut text = Inked::default();
        for checked in &self.expectations {
            let Checked { fact, passed, detail, evidence } = checked;
            push_fact(&mut text, *passed, fact, columns);
            let ink = if *passed { Ink::Faint } else { Ink::Plain };
            for line in render::detail::render(detail, 2, columns).lines() {
                text.push(ink, line);
                text.push_str("\n");
            }
            if !passed {
                let entries = &timeline.entries;
                let sentence = |at: usize| Witness::OfTheRun.sentence(&entries[at]);
                let closest = evidence.first().copied();
                push_context(&mut text, detail, closest, entries.len(), columns, sentence);
            }
        }
        self.push_failure(&mut text, columns);
        text
    }

    fn push_failure(&self, text: &mut Inked, columns: usize) {
        if let Some(failure) = self.program_failure() {
            push_fact(text, false, &failure, columns);
        }
    }

    /// The expectations as JSON, in the lesson's order:
    ///
    /// ```json
    /// [{"fact": "…", "passed": true, "detail": "at 18.4 µs"}]
    /// ```
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!(self.expectations)
    }
}

/// Appends a fact after its sign. One that does not hold must be found at a glance.
fn push_fact(text: &mut Inked, passed: bool, fact: &str, columns: usize) {
    let (sign, held, rest) =
        if passed { ("✓", Ink::Held, Ink::Plain) } else { ("✗", Ink::Failed, Ink::Failed) };
    for (number, line) in wrap(sign, 2, &[fact.to_owned()], columns).iter().enumerate() {
        let (sign, words) = line.split_at(if number == 0 { sign.len() } else { 0 });
        text.push(held, sign);
        text.push(rest, words);
        text.push_str("\n");
    }
}

/// How many events are shown before and after the one that comes closest to a fact.
const AROUND: usize = 2;
/// How many events of the end of a run are shown.
const LAST: usize = 3;

/// Appends what happened around the event that comes closest to a fact, which has a sign.
/// If a mark never came, appends what happened last. There are `end` events, each of them in
/// a sentence.
fn push_context(
    text: &mut Inked,
    detail: &Detail,
    closest: Option<usize>,
    end: usize,
    columns: usize,
    sentence: impl Fn(usize) -> String,
) {
    let (heading, events) = match (closest, detail) {
        (Some(at), _) => ("around it:", at.saturating_sub(AROUND)..end.min(at + AROUND + 1)),
        (None, Detail::Unreached { .. }) if end > 0 => {
            ("the run ends with:", end.saturating_sub(LAST)..end)
        }
        (None, _) => return,
    };
    text.push_str(&format!("  {heading}\n"));
    for at in events {
        let is_it = closest == Some(at);
        let (sign, ink) = if is_it { ("  ▸", Ink::Plain) } else { ("   ", Ink::Faint) };
        for line in wrap(sign, 6, &[sentence(at)], columns) {
            text.push(ink, &line);
            text.push_str("\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(ended: Ended) -> Verdict {
        Verdict::new(&[], &Timeline::default(), &ended)
    }

    #[test]
    fn a_program_passes_by_exiting_with_zero() {
        assert!(verdict(Ended::Exited(0)).passed());
        for (ended, failure) in [
            (Ended::Exited(3), "the program exited with status 3"),
            (Ended::Signaled(11), "the program was killed by SIGSEGV"),
            (Ended::TimedOut { after_ms: 1000 }, "the program ran out of time and was killed"),
            (Ended::NotStarted("no memory".to_owned()), "the program was not started: no memory"),
        ] {
            let verdict = verdict(ended);
            assert!(!verdict.passed());
            assert_eq!(verdict.program_failure().as_deref(), Some(failure));
        }
    }
}
