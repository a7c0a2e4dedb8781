//! Values that vary with the seed, so that answers cannot be learnt by heart.
//!
//! ```toml
//! args = ["{children}"]
//!
//! [vary.children]
//! from = 3
//! to = 8
//! ```
//!
//! In any string, `{children}` stands for the value. So do `{children+1}`,
//! `{children-1}`, `{children*2}` and `{children+others}`. In `where`, `count`,
//! `at_least` and `at_most`, a string that consists only of such an expression becomes a
//! number: `count = "{children}"`. A doubled brace, `{{`, stands for a single one.

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Chooses values. The same seed gives the same values on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seed(pub u64);

/// The range of a value: `from` to `to`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Declared")]
pub struct Range {
    from: i64,
    to: i64,
}

/// A `[vary.NAME]`, unchecked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    /// The lowest value.
    from: i64,
    /// The highest value.
    to: i64,
}

impl TryFrom<Declared> for Range {
    type Error = String;

    fn try_from(Declared { from, to }: Declared) -> Result<Range, String> {
        match from <= to {
            true => Ok(Range { from, to }),
            false => Err(format!("there is no value from {from} to {to}: `from` is the lowest")),
        }
    }
}

/// Values by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values(BTreeMap<String, i64>);

impl Values {
    /// The values of an exercise for a seed.
    pub fn choose(exercise: &str, ranges: &BTreeMap<String, Range>, seed: Seed) -> Values {
        let choose = |name: &str, range: &Range| {
            let hash = Sha256::new()
                .chain_update(seed.0.to_le_bytes())
                .chain_update(exercise)
                .chain_update([0])
                .chain_update(name)
                .finalize();
            let number = u64::from_le_bytes(std::array::from_fn(|i| hash[i]));
            let width = range.to.abs_diff(range.from).saturating_add(1);
            range.from.saturating_add_unsigned(number % width)
        };
        Values(ranges.iter().map(|(name, range)| (name.clone(), choose(name, range))).collect())
    }

    /// The values by name.
    pub fn all(&self) -> &BTreeMap<String, i64> {
        &self.0
    }

    /// The values as `children=5 value=1234`, for people.
    pub fn text(&self) -> String {
        let words: Vec<String> = self.0.iter().map(|(name, v)| format!("{name}={v}")).collect();
        words.join(" ")
    }

    /// The value of `name`, `name+1`, `name-other` or `name*2`.
    fn evaluate(&self, expression: &str) -> Option<i64> {
        let term = |term: &str| {
            let term = term.trim();
            self.0.get(term).copied().or_else(|| term.parse().ok())
        };
        let Some(at) = expression.find(['+', '-', '*']) else {
            return self.0.get(expression).copied();
        };
        let (left, right) = (term(&expression[..at])?, term(&expression[at + 1..])?);
        match expression.as_bytes()[at] {
            b'+' => left.checked_add(right),
            b'-' => left.checked_sub(right),
            _ => left.checked_mul(right),
        }
    }

    /// Fills values into a text. The error says what cannot be evaluated.
    pub fn fill(&self, text: &str) -> Result<String, String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            filled += &rest[..at];
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix(brace) {
                filled += brace;
                rest = behind;
                continue;
            }
            let (inside, behind) = rest
                .split_once('}')
                .filter(|_| brace == "{")
                .ok_or_else(|| format!("`{text}` has a single `{brace}`; write it twice"))?;
            let value = self.evaluate(inside).ok_or_else(|| {
                format!("`{{{inside}}}` is not a value; `[vary]` has {}", self.names())
            })?;
            filled += &value.to_string();
            rest = behind;
        }
        Ok(filled + rest)
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.0.keys().map(String::as_str).collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    }
}

/// Fills values into every string of a file's table, except its `task`, `hints`, `stub`
/// and the `change` of a mutant, which are the same for every seed.
pub fn fill_text(text: &str, table: &DeTable<'_>, values: &Values) -> Result<String, String> {
    let mut changes = Vec::new();
    for (key, value) in table.iter() {
        if !matches!(key.get_ref().as_ref(), "task" | "hints" | "stub") {
            fill(key.get_ref(), value, values, &mut changes)?;
        }
    }
    changes.sort_by_key(|(span, _)| span.start);
    let mut filled = text.to_owned();
    for (span, value) in changes.into_iter().rev() {
        filled.replace_range(span, &value);
    }
    Ok(filled)
}

/// The keys under which a string that is only a value becomes a number.
const NUMBERS: &[&str] = &["count", "at_least", "at_most", "where"];

/// Collects the parts of the text that change, and what they become.
fn fill(
    key: &str,
    value: &Spanned<DeValue<'_>>,
    values: &Values,
    changes: &mut Vec<(std::ops::Range<usize>, String)>,
) -> Result<(), String> {
    match value.get_ref() {
        DeValue::String(text) if text.contains(['{', '}']) => {
            let filled = values.fill(text)?;
            let whole = text.starts_with('{') && text.find('}') == Some(text.len() - 1);
            let is_number = whole && NUMBERS.contains(&key) && filled.parse::<i64>().is_ok();
            let filled = if is_number { filled } else { toml::Value::from(filled).to_string() };
            changes.push((value.span(), filled));
            Ok(())
        }
        DeValue::Array(items) => items.iter().try_for_each(|item| fill(key, item, values, changes)),
        DeValue::Table(table) => table.iter().try_for_each(|(name, value)| match key {
            "where" => fill(key, value, values, changes),
            _ if name.get_ref() == "change" => Ok(()),
            _ => fill(name.get_ref(), value, values, changes),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values([("a".to_owned(), 3), ("b".to_owned(), 10)].into())
    }

    #[test]
    fn values_stand_in_texts() {
        for (text, filled) in [
            ("no braces", "no braces"),
            ("{a} of {b}", "3 of 10"),
            ("{b-a}, {a+1}, {a*2}, {b + a}", "7, 4, 6, 13"),
            ("{{a}}", "{a}"),
        ] {
            assert_eq!(values().fill(text).as_deref(), Ok(filled));
        }
    }

    #[test]
    fn what_is_no_value_is_named() {
        for (text, error) in [
            ("{c}", "`{c}` is not a value; `[vary]` has a, b"),
            ("{a", "`{a` has a single `{`; write it twice"),
            ("a}", "`a}` has a single `}`; write it twice"),
        ] {
            assert_eq!(values().fill(text), Err(error.to_owned()));
        }
    }

    #[test]
    fn a_count_that_is_a_value_becomes_a_number() {
        let text = "args = [\"{a}\"]\nhints = [\"{\"]\nstub.s = \"{\"\n[[check]]\nchange.s = \"{\"\ncount = \"{a}\"\nwhere = { ret = \"{b}\", text = \"{a}{b}\" }";
        let table = DeTable::parse(text).unwrap();
        let filled = fill_text(text, table.get_ref(), &values()).unwrap();
        let table: toml::Table = toml::from_str(&filled).unwrap();
        let check = &table["check"][0];
        assert_eq!(table["args"][0].as_str(), Some("3"));
        assert_eq!(check["count"].as_integer(), Some(3));
        assert_eq!(check["where"]["ret"].as_integer(), Some(10));
        assert_eq!(check["where"]["text"].as_str(), Some("310"));
    }

    /// Marks must be the same everywhere, so the way of choosing values is fixed.
    #[test]
    fn a_seed_chooses_the_same_values_everywhere() {
        let ranges = BTreeMap::from([("children".to_owned(), Range { from: 3, to: 8 })]);
        let chosen: Vec<i64> = (0..8)
            .map(|seed| Values::choose("sigchld", &ranges, Seed(seed)).0["children"])
            .collect();
        assert!(chosen.iter().all(|value| (3..=8).contains(value)));
        assert_eq!(chosen, [5, 4, 6, 5, 6, 7, 8, 5]);
    }
}
