//! Mistakes that people make, as `exercise/mutants.toml` declares them. Each says what it
//! changes in the frame, what that breaks, and which hint answers it.

use std::collections::BTreeSet;

use serde::Deserialize;
use story::expect::Expectation;
use story::reports;

use super::ending::Kind;
use super::frame::Change;

/// A wrong submission: a mistake that people make.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// Lower-case words with hyphens between.
    pub name: String,
    /// The mistake, as a sentence: lower-case, no final period.
    pub mistake: String,
    /// The names of exactly the checks that it fails.
    pub fails: BTreeSet<String>,
    /// The hint for a student whose submission fails exactly these checks and whose
    /// record shows these facts.
    pub hint: String,
    /// The mistake itself: the new content of the frame's regions.
    pub change: Change,
    /// Facts that distinguish it from the stub or another mutant that fails the same
    /// checks. A mutant that fails every check needs one. Default: none.
    #[serde(default)]
    pub expect: Vec<Expectation>,
    /// How its run ends. Default: it simply finishes, or the program crashes.
    pub ending: Option<Kind>,
    /// What the debug kernel reports about it. Such a mutant need not fail any check, and
    /// is told only if a submission runs on that kernel, too. Default: nothing in
    /// particular.
    pub reports: Option<reports::Kind>,
}

/// The content of `mutants.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawMutants {
    #[serde(rename = "mutant", default)]
    pub mutants: Vec<Mutant>,
}

impl RawMutants {
    /// Why the mutants make no sense together with these checks. `untraced` says why no
    /// record can show a fact.
    pub fn problem(
        &self,
        checks: &BTreeSet<&String>,
        untraced: impl Fn(&Expectation) -> Option<String>,
    ) -> Option<String> {
        let mut seen = BTreeSet::new();
        for mutant in &self.mutants {
            let problem = |problem: &str| Some(format!("mutant `{}`{problem}", mutant.name));
            if let Some(unknown) = mutant.fails.iter().find(|name| !checks.contains(name)) {
                return problem(&format!(": there is no check `{unknown}`"));
            }
            if mutant.fails.is_empty() && mutant.reports.is_none() {
                return problem(" fails nothing");
            }
            if mutant.change.is_empty() {
                return problem(" changes nothing");
            }
            if let Some(why) = mutant.expect.iter().find_map(&untraced) {
                return problem(&format!(": {why}"));
            }
            let shows = |fact: &Expectation| *fact.count.start() > 0;
            let says_nothing = mutant.ending.is_none() && !mutant.expect.iter().any(shows);
            if mutant.fails.len() == checks.len() && says_nothing {
                return problem(
                    " fails every check, as does a program that does nothing: it needs a fact \
                     that shows it",
                );
            }
            let alone = mutant.expect.is_empty() && mutant.ending.is_none();
            if alone && !seen.insert((&mutant.fails, mutant.reports)) {
                return problem(" fails the same checks as another: nothing distinguishes them");
            }
        }
        None
    }
}
