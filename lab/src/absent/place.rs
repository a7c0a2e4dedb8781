//! Where a file of TOML names a function in a fact.

use serde::Deserialize;
use story::place::error_at;
use toml::Spanned;

/// What a lesson, an exercise and its mutants have in common: facts with stacks.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Facts {
    expect: Vec<Fact>,
    check: Vec<Facts>,
    mutant: Vec<Facts>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fact {
    stack: Vec<Spanned<String>>,
}

impl Facts {
    fn all(&self) -> Vec<&Spanned<String>> {
        let own = self.expect.iter().flat_map(|fact| &fact.stack);
        own.chain(self.check.iter().chain(&self.mutant).flat_map(Facts::all)).collect()
    }
}

/// The place of the first fact in a file that names a function: the line with a caret, as
/// in the TOML parser's own errors.
pub fn of(text: &str, function: &str) -> String {
    let facts: Facts = toml::from_str(text).unwrap_or_default();
    let named = facts.all().into_iter().find(|name| name.get_ref() == function);
    let mut error = error_at(named.map_or(0..0, Spanned::span), "");
    error.set_input(Some(text));
    let shown = error.to_string();
    shown.strip_prefix("TOML parse error ").unwrap_or(&shown).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_in_a_fact_is_shown_with_a_caret() {
        let lesson = "title = \"do_exit\"\n[[expect]]\nstack = [\"a\", \"do_exit\"]\n";
        assert_eq!(
            of(lesson, "do_exit"),
            "at line 3, column 15\n  |\n3 | stack = [\"a\", \"do_exit\"]\n  |               ^^^^^^^^^"
        );
    }

    #[test]
    fn facts_of_checks_and_mutants_are_found() {
        let is_in = |text: &str, line: &str| {
            assert!(of(text, "f").starts_with(&format!("at line {line}, ")), "{text}");
        };
        is_in("[[check]]\nname = \"f\"\n[[check.expect]]\nstack = [\"f\"]\n", "4");
        is_in("[[mutant]]\nexpect = [{ stack = [\"g\"] },\n{ stack = [\"f\"] }]\n", "3");
    }
}
