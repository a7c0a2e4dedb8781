//! Suggests breakpoints from a lesson's own facts: the functions on the stacks that the
//! facts expect.

use std::fmt::Write as _;
use std::slice;

use story::lesson::Lesson;
use story::render::text::WIDTH;
use story::render::wrap::wrap;

use builder::guest::kmods::module_file;

/// A function to stop at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    pub function: String,
    /// The fact that the function appears in, or a description of the function.
    pub why: String,
}

/// Formats suggestions as gdb commands, each reason below the last function that it
/// applies to. Text of 80 columns, or empty.
pub fn text(suggestions: &[Suggestion]) -> String {
    let mut text = String::new();
    for (number, Suggestion { function, why }) in suggestions.iter().enumerate() {
        let _ = writeln!(text, "  break {function}");
        if suggestions.get(number + 1).is_none_or(|next| next.why != *why) {
            for line in wrap("     ", 6, slice::from_ref(why), WIDTH) {
                let _ = writeln!(text, "{line}");
            }
        }
    }
    text
}

/// The suggestions for a lesson. The functions of its own modules come first; they exist
/// once the modules are loaded. Then the kernel's, innermost first, each once.
pub fn suggestions(lesson: &Lesson) -> Vec<Suggestion> {
    let mut all: Vec<Suggestion> = Vec::new();
    for expectation in &lesson.expect {
        for function in &expectation.stack {
            if all.iter().all(|known| known.function != *function) {
                let (function, why) = (function.clone(), expectation.fact.clone());
                all.push(Suggestion { function, why });
            }
        }
    }
    let of_module = |function: &str| {
        lesson.experiment.kmods.iter().any(|kmod| {
            let module = module_file(kmod).module_name();
            function.strip_prefix(&module).is_some_and(|rest| rest.starts_with('_'))
        })
    };
    // The sort is stable, and `false` comes first: the modules' own functions.
    all.sort_by_key(|suggestion| !of_module(&suggestion.function));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn functions_of_stacks_come_once_and_the_modules_own_first() {
        let toml = "format = 1\ntitle = \"Q?\"\nsummary = \"s\"\nkmods = [\"x\"]\n\
                    [[trace]]\nevent = \"signal/signal_generate\"\nstack = true\n\
                    [[expect]]\nfact = \"one\"\nevent = \"signal_generate\"\n\
                    stack = [\"kill_pid\", \"lab_x_isr\"]\n\
                    [[expect]]\nfact = \"two\"\nevent = \"signal_generate\"\n\
                    stack = [\"lab_x_isr\", \"do_exit\"]\n";
        let lesson = Lesson::parse(Path::new("x"), toml).unwrap();
        let found = suggestions(&lesson);
        let found: Vec<_> = found.iter().map(|s| (s.function.as_str(), s.why.as_str())).collect();
        assert_eq!(found, [("lab_x_isr", "one"), ("kill_pid", "one"), ("do_exit", "two")]);
        assert_eq!(
            super::text(&suggestions(&lesson)),
            "  break lab_x_isr\n  break kill_pid\n      one\n  break do_exit\n      two\n"
        );
    }
}
