//! Documents that say which test shows something: there is such a test. And the document
//! about faults has the same table of them as the tests.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use lab::run::Lab;
use libtest_mimic::Failed;

use crate::{Test, soak};

const DOCUMENTS: &[&str] = &["ARCHITECTURE.md", "docs/classroom.md", "docs/reliability.md"];

/// The document with the table of faults.
const FAULTS: &str = "docs/reliability.md";

/// The name of the first test here.
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
        }
        if wrong.is_empty() { Ok(()) } else { Err(Failed::from(wrong.join("\n"))) }
    })
}

/// The table of faults in the document is the one that the tests are made from.
pub fn faults(lab: &Arc<Lab<'static>>) -> Test {
    let path = lab.course.root.join(FAULTS);
    Test::new("tidy::faults-are-those-of-the-table".to_owned(), move || {
        let text = fs::read_to_string(&path)?;
        // The first cell of other tables is a fault in words.
        let rows = text.lines().filter(|line| line.starts_with("| `soak::"));
        let written: Vec<Vec<&str>> =
            rows.map(|row| row.split('|').skip(1).take(3).map(str::trim).collect()).collect();
        let table: Vec<_> = soak::table().collect();
        if written == table {
            return Ok(());
        }
        let lines: Vec<_> = table.iter().map(|row| format!("| {} |", row.join(" | "))).collect();
        Err(format!("{FAULTS} has other faults. These are its rows:\n{}", lines.join("\n")).into())
    })
}

/// What stands before the first `::`.
fn group(name: &str) -> Option<&str> {
    name.split_once("::").map(|(group, _)| group)
}
