//! Mistakes that people make, as `exercise/mutants.toml` declares them: each with
//! what it changes in the frame, what that breaks, and the hint that answers it.

use std::collections::BTreeSet;

use serde::Deserialize;
use story::expect::Expectation;

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
    /// The names of the checks that it fails, and no other.
    pub fails: BTreeSet<String>,
    /// What a student is told who fails just these checks, while the record
    /// shows these facts.
    pub hint: String,
    /// The mistake itself: what it has in place of the solution's regions.
    pub change: Change,
    /// Facts that tell it from the stub, or from another mutant, where these
    /// fail the same checks. Default: none.
    #[serde(default)]
    pub expect: Vec<Expectation>,
    /// What becomes of its run, where that tells it apart. Default: no matter what.
    pub ending: Option<Kind>,
}

/// `mutants.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawMutants {
    #[serde(rename = "mutant", default)]
    pub mutants: Vec<Mutant>,
}

impl RawMutants {
    /// Why they make no sense, among these checks. `untraced` says of a fact why
    /// no record can show it.
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
            if mutant.fails.is_empty() {
                return problem(" fails nothing");
            }
            if mutant.change.is_empty() {
                return problem(" changes nothing");
            }
            if let Some(why) = mutant.expect.iter().find_map(&untraced) {
                return problem(&format!(": {why}"));
            }
            let alone = mutant.expect.is_empty() && mutant.ending.is_none();
            if alone && !seen.insert(&mutant.fails) {
                return problem(" fails the same checks as another: nothing tells them apart");
            }
        }
        None
    }
}
