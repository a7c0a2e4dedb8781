//! Where a file of TOML names a function in a fact.

use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

/// A place in a file's text. It is shown like the places in errors of the TOML parser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Line and column, from 1.
    line: usize,
    column: usize,
    /// How many characters are meant.
    length: usize,
    /// The whole line.
    text: String,
}

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

impl Place {
    /// The first fact in a file that names a function.
    pub fn of(text: &str, function: &str) -> Place {
        let facts: Facts = toml::from_str(text).unwrap_or_default();
        let named = facts.all().into_iter().find(|name| name.get_ref() == function);
        Place::at(text, named.map_or(0..0, Spanned::span))
    }

    fn at(text: &str, span: Range<usize>) -> Place {
        let before = &text[..span.start];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        Place {
            line: before.matches('\n').count() + 1,
            column: text[start..span.start].chars().count() + 1,
            length: text[span].chars().count().max(1),
            text: text[start..].lines().next().unwrap_or_default().to_owned(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column, length, text } = self;
        let margin = " ".repeat(line.to_string().len());
        writeln!(f, "at line {line}, column {column}")?;
        writeln!(f, "{margin} |\n{line} | {text}")?;
        writeln!(f, "{margin} | {:>1$}{2}", "", column - 1, "^".repeat(*length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_in_a_fact_is_shown_with_a_caret() {
        let lesson = "title = \"do_exit\"\n[[expect]]\nstack = [\"a\", \"do_exit\"]\n";
        assert_eq!(
            Place::of(lesson, "do_exit").to_string(),
            "at line 3, column 15\n  |\n3 | stack = [\"a\", \"do_exit\"]\n  |               ^^^^^^^^^\n"
        );
    }

    #[test]
    fn facts_of_checks_and_mutants_are_found() {
        let line = |text: &str| Place::of(text, "f").line;
        assert_eq!(line("[[check]]\nname = \"f\"\n[[check.expect]]\nstack = [\"f\"]\n"), 4);
        assert_eq!(line("[[mutant]]\nexpect = [{ stack = [\"g\"] },\n{ stack = [\"f\"] }]\n"), 3);
    }
}
