//! Checks that chapters quote runs correctly.
//!
//! A chapter quotes its lesson's story in fenced blocks:
//!
//! - ` ```output ` is the program's whole output;
//! - ` ```timeline FROM | UNTIL ` is the part of the timeline from the first line that
//!   contains `FROM` up to the next line that contains `UNTIL`, or to the end.
//!
//! It quotes code in blocks ` ```c FILE FROM | UNTIL ` and ` ```rust FILE FROM | UNTIL `:
//! the part of a file between such lines. A short block of code without a file, such as
//! ` ```c `, is an example and is not checked.
//!
//! Documents can quote snapshots: a block ` ```quote NAME FROM | UNTIL ` is the part of
//! `tests/NAME.snap` between such lines.
//!
//! `cargo xtask test --accept` updates the blocks.

use std::path::Path;

use fs_err as fs;
use story::lesson::{Lesson, Name};

use crate::markdown::{Part, parts};

/// Documents that may quote snapshots by name.
pub const DOCUMENTS: &[&str] =
    &["README.md", "docs/classroom.md", "docs/debug.md", "docs/walks.md"];

/// What is to be said of the quotes of a page.
#[derive(Debug, Default)]
pub struct Quotes {
    /// Blocks for which there is nothing to quote.
    pub missing: Vec<String>,
    /// Blocks that differ from what they quote.
    pub wrong: Vec<String>,
    /// The page with the right blocks.
    pub updated: String,
}

/// The quotes of a lesson's chapter in the course at `root`.
pub fn of_chapter(root: &Path, lesson: &Lesson, chapter: &str) -> std::io::Result<Quotes> {
    let name = &lesson.name;
    let Some(story) = read_story(root, name)? else {
        let missing = format!(
            "{name} has no story; `cargo xtask test --accept lessons::{name}` runs it and writes it"
        );
        return Ok(Quotes { missing: vec![missing], updated: chapter.to_owned(), wrong: vec![] });
    };
    Ok(of_page(&lesson.name.to_string(), chapter, |info| {
        let is_of_chapter = info == "output" || info.starts_with("timeline ");
        match code(info) {
            Some(part) => Some(quote_code(root, part)),
            None => is_of_chapter.then(|| quote(&story, info)),
        }
    }))
}

/// The quotes of one of the [`DOCUMENTS`].
pub fn of_document(root: &Path, name: &str, text: &str) -> Quotes {
    of_page(name, text, |info| Some(quote_by_name(root, info.strip_prefix("quote ")?)))
}

/// The file with a lesson's story.
fn story_of(root: &Path, lesson: &Name) -> std::path::PathBuf {
    root.join("tests/stories").join(format!("{}.snap", lesson))
}

/// A lesson's story, if it has one.
pub fn read_story(root: &Path, lesson: &Name) -> std::io::Result<Option<String>> {
    match fs::read_to_string(story_of(root, lesson)) {
        Ok(story) => Ok(Some(story)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The quotes of a page. For each block that quotes, `wanted` gives the text that it must
/// have, if there is one.
fn of_page(name: &str, page: &str, wanted: impl Fn(&str) -> Option<Option<String>>) -> Quotes {
    let mut quotes = Quotes { updated: page.to_owned(), ..Quotes::default() };
    for part in parts(page) {
        let Part::Fenced { info, content } = part else { continue };
        match wanted(info) {
            None => {}
            Some(None) => {
                quotes.missing.push(format!("{name}: there is nothing to quote for `{info}`"));
            }
            Some(Some(wanted)) if wanted == content => {}
            Some(Some(wanted)) => {
                quotes.wrong.push(format!(
                    "{name}: the block `{info}` differs from what it quotes, which is\n{wanted}"
                ));
                let fence = |content: &str| format!("```{info}\n{content}```");
                quotes.updated = quotes.updated.replacen(&fence(content), &fence(&wanted), 1);
            }
        }
    }
    quotes
}

/// The text that a block `quote NAME FROM | UNTIL` must have.
fn quote_by_name(root: &Path, part: &str) -> Option<String> {
    let (name, part) = part.split_once(' ')?;
    let (from, until) = part.split_once(" | ")?;
    let snapshot = fs::read_to_string(root.join("tests").join(format!("{name}.snap"))).ok()?;
    let part = part_of(snapshot.lines(), from, until);
    (!part.is_empty()).then(|| part.join("\n").trim_end().to_owned() + "\n")
}

/// The lines from the first that contains `from` up to the next that contains `until`, or
/// to the end.
fn part_of<'a>(lines: impl Iterator<Item = &'a str>, from: &str, until: &str) -> Vec<&'a str> {
    let mut part: Vec<&str> = lines.skip_while(|line| !line.contains(from)).collect();
    let length = part.iter().skip(1).position(|line| line.contains(until));
    part.truncate(length.map_or(part.len(), |length| length + 1));
    part
}

/// `FILE FROM | UNTIL`, if this is the info string of a block that quotes code.
pub(crate) fn code(info: &str) -> Option<&str> {
    info.strip_prefix("c ").or_else(|| info.strip_prefix("rust "))
}

/// The part of a file that a block of code must have. `None` if there is no such file or
/// part.
fn quote_code(root: &Path, part: &str) -> Option<String> {
    let (file, part) = part.split_once(' ')?;
    let (from, until) = part.split_once(" | ")?;
    let text = fs::read_to_string(root.join(file)).ok()?;
    let lines = part_of(text.lines(), from, until);
    (!lines.is_empty()).then(|| lines.join("\n").trim_end().to_owned() + "\n")
}

/// The text that a block with this info string must have.
fn quote(snapshot: &str, info: &str) -> Option<String> {
    if info == "output" {
        let (_, output) = snapshot.split_once("\n--- output\n")?;
        return Some(output.split_once("\n\n--- ")?.0.to_owned() + "\n");
    }
    let (_, timeline) = snapshot.split_once("\n--- timeline\n")?;
    let timeline = timeline.split_once("\n\n--- ").map_or(timeline, |(timeline, _)| timeline);
    let (from, until) = info.strip_prefix("timeline ")?.split_once(" | ")?;
    let mut lines = timeline.lines();
    let head = lines.next()?;
    let part = part_of(lines, from, until);
    (!part.is_empty()).then(|| format!("{head}\n{}\n", part.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNAPSHOT: &str = "\n--- output\nhi\n\n--- timeline\n  µs  user\n 1.0  1. a\n 2.0  x\n \
                            3.0  2. b\n\n--- expected\n✓\n";

    #[test]
    fn output_is_quoted_whole() {
        assert_eq!(quote(SNAPSHOT, "output").as_deref(), Some("hi\n"));
    }

    #[test]
    fn a_timeline_is_quoted_in_parts() {
        let part = quote(SNAPSHOT, "timeline 1. a | 2. b");
        assert_eq!(part.as_deref(), Some("  µs  user\n 1.0  1. a\n 2.0  x\n"));
        let rest = quote(SNAPSHOT, "timeline 2. b | never");
        assert_eq!(rest.as_deref(), Some("  µs  user\n 3.0  2. b\n"));
        assert_eq!(quote(SNAPSHOT, "timeline 9. | never"), None);
    }

    #[test]
    fn only_blocks_that_quote_are_compared() {
        let page = "\n```sh\nls\n```\n\n```output\nhi\n```\n\n```output\nho\n```\n";
        let quotes = of_page("x", page, |info| (info == "output").then(|| Some("hi\n".to_owned())));
        assert_eq!((quotes.missing.len(), quotes.wrong.len()), (0, 1));
        assert_eq!(quotes.updated, page.replace("ho", "hi"));
        assert_eq!(of_page("x", page, |_| Some(None)).missing.len(), 3);
    }

    #[test]
    fn code_is_quoted_from_its_file() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let info = "rust src/quotes.rs fn part_of | let length";
        let quoted = quote_code(root, code(info).unwrap()).unwrap();
        assert!(quoted.starts_with("fn part_of<'a>("), "{quoted}");
        assert_eq!(quoted.lines().count(), 2);
        assert_eq!(quote_code(root, "src/no-such-file.rs fn | fn"), None);
        assert_eq!(quote_code(root, "src/lib.rs fn no_such_function | fn"), None);
    }
}
