//! Checks documents that say which test shows something: the test must exist, and each
//! row of the table of faults must be named.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use lab::run::Lab;
use libtest_mimic::Failed;

use crate::{Test, soak};

const DOCUMENTS: &[&str] = &["ARCHITECTURE.md", "docs/classroom.md", "docs/reliability.md"];

/// The document that names all faults.
const FAULTS: &str = "docs/reliability.md";

/// This test's own name.
const NAME: &str = "tidy::documents-name-tests-that-are-there";

/// Reads the documents. `names` are the names of all other tests.
pub fn in_documents(lab: &Arc<Lab<'static>>, mut names: BTreeSet<String>) -> Test {
    let root = lab.course.root.clone();
    names.insert(NAME.to_owned());
    Test::new(NAME.to_owned(), move || {
        let groups: BTreeSet<&str> = names.iter().filter_map(|name| group(name)).collect();
        let mut wrong = Vec::new();
        for document in DOCUMENTS {
            let text = fs::read_to_string(root.join(document))?;
            let quoted: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
            let is_of_ours = |name: &&&str| group(name).is_some_and(|group| groups.contains(group));
            for name in quoted.iter().filter(is_of_ours) {
                // `exec::…` means all tests whose names begin like this.
                let (beginning, end) = name.split_once('…').unwrap_or((name, ""));
                let is_it = |test: &String| test.starts_with(beginning) && test.ends_with(end);
                let is_there = match name.contains('…') {
                    true => names.iter().any(is_it),
                    false => names.contains(*name),
                };
                if !is_there {
                    wrong.push(format!("{document} names `{name}`, and there is no such test"));
                }
            }
            let faults = soak::names().map(|name| format!("soak::{name}"));
            let missing = |name: &String| *document == FAULTS && !quoted.contains(&name.as_str());
            wrong.extend(
                faults.filter(missing).map(|name| format!("{document} does not name `{name}`")),
            );
        }
        if wrong.is_empty() { Ok(()) } else { Err(Failed::from(wrong.join("\n"))) }
    })
}

/// The part before the first `::`.
fn group(name: &str) -> Option<&str> {
    name.split_once("::").map(|(group, _)| group)
}
