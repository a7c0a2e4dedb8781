//! A function that a fact names is called from another file in each stack of a run that
//! shows it. In its own file the compiler may inline it, and then this stack lacks it,
//! although the function is there for others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use builder::kernel::functions::defined;
use libtest_mimic::Failed;
use story::lesson::Name;

use crate::Test;
use crate::functions::{Table, read};
use crate::runs::{Runs, made};

/// The test of all lessons' runs.
pub fn test(runs: &Arc<Runs>) -> Test {
    let runs = Arc::clone(runs);
    Test::new("functions::are-called-from-another-file".to_owned(), move || check(&runs))
}

fn check(runs: &Runs) -> Result<(), Failed> {
    let table = Table::read()?;
    let source = &runs.machine.kernel.source.dir;
    let mut stay: BTreeSet<(&str, &str)> = table.stays_a_call().collect();
    let mut faults = Vec::new();
    let calls = calls(runs)?;
    for ((function, caller), lesson) in &calls {
        let Some(file) = table.file_of_a_call(function) else { continue };
        if defines(&read(&source.join(file))?, caller) && !stay.remove(&(function, caller)) {
            faults.push(format!(
                "{lesson}: `{caller}` calls `{function}`, which a fact names, in {file}, and a \
                 compiler may inline it there"
            ));
        }
    }
    let unseen = |(function, caller)| {
        format!("tests/functions.toml: in no run `{caller}` calls `{function}`")
    };
    faults.extend(stay.into_iter().map(unseen));
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

/// Each function that a fact names, with each function that calls it in a run of that
/// lesson, once, and the last such lesson.
fn calls(runs: &Runs) -> Result<BTreeMap<(String, String), Name>, Failed> {
    let mut calls = BTreeMap::new();
    for name in &runs.lab.course.names {
        let (plan, ran) = runs.of_lesson(name)?;
        let named: BTreeSet<&str> =
            plan.lesson.expect.iter().flat_map(|fact| &fact.stack).map(String::as_str).collect();
        for entry in &made(&ran)?.timeline.entries {
            // The innermost frame comes first.
            for frames in entry.stack.windows(2) {
                let (function, caller) = (frames[0].name(), frames[1].name());
                if named.contains(function) {
                    calls.insert((function.to_owned(), caller.to_owned()), name.clone());
                }
            }
        }
    }
    Ok(calls)
}

/// Whether a file of the kernel's source defines a function.
fn defines(text: &str, function: &str) -> bool {
    defined(text).iter().any(|known| known == function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_defines_functions_and_system_calls() {
        let text = "static int f(void)\n{\n}\nSYSCALL_DEFINE2(kill, pid_t, pid, int, sig)\n{\n\
                    \tg(exit);\n}\nSYSCALL_DEFINE0(fork)\n{\n}\n";
        for (function, expected) in [
            ("f", true),
            ("g", false),
            ("__x64_sys_kill", true),
            ("__x64_sys_fork", true),
            ("__x64_sys_exit", false),
            ("__x64_sys_for", false),
        ] {
            assert_eq!(defines(text, function), expected, "{function}");
        }
    }
}
