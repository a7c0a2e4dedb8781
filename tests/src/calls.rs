//! A function that a fact names is called from another file in each stack of a run that
//! shows it. In its own file the compiler may inline it, and then this stack lacks it,
//! although the function is there for others.

use std::collections::BTreeSet;
use std::sync::Arc;

use builder::kernel::functions::defined;
use libtest_mimic::Failed;

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
    let mut faults = BTreeSet::new();
    for name in &runs.lab.course.names {
        let (plan, ran) = runs.of_lesson(name)?;
        let named: BTreeSet<&String> =
            plan.lesson.expect.iter().flat_map(|fact| &fact.stack).collect();
        for entry in &made(&ran)?.timeline.entries {
            // The innermost frame comes first.
            for frames in entry.stack.windows(2) {
                let (function, caller) = (frames[0].name().to_owned(), frames[1].name());
                let Some(file) = table.file_of_a_call(&function) else { continue };
                if !named.contains(&function) || !defines(&read(&source.join(file))?, caller) {
                    continue;
                }
                if !table.stays_a_call().any(|pair| pair == (&*function, caller)) {
                    faults.insert(format!(
                        "{name}: `{caller}` calls `{function}`, which a fact names, in {file}, \
                         and a compiler may inline it there"
                    ));
                }
                stay.retain(|&pair| pair != (&*function, caller));
            }
        }
    }
    let unseen = |(function, caller)| {
        format!("tests/functions.toml: in no run `{caller}` calls `{function}`")
    };
    faults.extend(stay.into_iter().map(unseen));
    let faults: Vec<String> = faults.into_iter().collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

/// Whether a file of the kernel's source defines a function.
fn defines(text: &str, function: &str) -> bool {
    let Some(call) = function.strip_prefix("__x64_sys_") else {
        // gcc calls a part or a copy of a function `name.part.0` or `name.constprop.0`.
        let name = function.split('.').next().unwrap_or(function);
        return defined(text).iter().any(|known| known == name);
    };
    let is_macro = |before: &str| before.trim_end_matches(char::is_numeric).ends_with("DEFINE");
    let ends = |after: &str| after.starts_with([',', ')']);
    let calls = format!("({call}");
    text.match_indices(&calls)
        .any(|(at, _)| is_macro(&text[..at]) && ends(&text[at + calls.len()..]))
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
            ("f.part.0", true),
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
