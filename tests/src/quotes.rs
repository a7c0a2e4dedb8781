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

use libtest_mimic::Failed;

use lab::course::CHAPTER;
use story::lesson::Lesson;

use crate::snapshots::{is_accepting, stories};

/// Faults in the chapters.
pub fn check(lessons: &[Lesson]) -> Result<Vec<String>, Failed> {
    let mut faults = Vec::new();
    for lesson in lessons {
        let snapshot = stories().join(format!("{}.snap", lesson.name));
        let snapshot = std::fs::read_to_string(&snapshot)
            .map_err(|e| format!("failed to read `{}`: {e}", snapshot.display()))?;
        let path = lesson.folder.join(CHAPTER);
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let mut updated = text.clone();
        let mut wrong = Vec::new();
        for block in blocks(&text).iter().filter(|block| !block.info.starts_with("quote ")) {
            let wanted = match code(block.info) {
                Some(part) => quote_code(part),
                None => quote(&snapshot, block.info),
            };
            match wanted {
                None => faults.push(format!(
                    "{}: there is nothing to quote for `{}`",
                    lesson.name, block.info
                )),
                Some(wanted) if wanted == block.content => {}
                Some(wanted) => {
                    wrong.push(format!(
                        "{}: the block `{}` of its chapter differs from what it quotes, \
                         which is\n{wanted}",
                        lesson.name, block.info
                    ));
                    let fence = |content: &str| format!("```{}\n{content}```", block.info);
                    updated = updated.replacen(&fence(block.content), &fence(&wanted), 1);
                }
            }
        }
        if is_accepting() && updated != text {
            std::fs::write(&path, updated)?;
        } else {
            faults.extend(wrong);
        }
    }
    Ok(faults)
}

/// Faults in the documents that quote snapshots by name.
pub fn check_documents(_: &[Lesson]) -> Result<Vec<String>, Failed> {
    let root = builder::root();
    let mut faults = Vec::new();
    for document in DOCUMENTS {
        let path = root.join(document);
        let text = std::fs::read_to_string(&path)?;
        let mut updated = text.clone();
        for block in blocks(&text).iter().filter(|block| block.info.starts_with("quote ")) {
            let info = block.info;
            let wanted = quote_by_name(info)?;
            if wanted != block.content {
                faults.push(format!("{document}: the block `{info}` should be\n{wanted}"));
                let fence = |content: &str| format!("```{info}\n{content}```");
                updated = updated.replacen(&fence(block.content), &fence(&wanted), 1);
            }
        }
        if is_accepting() && updated != text {
            std::fs::write(&path, updated)?;
            faults.clear();
        }
    }
    Ok(faults)
}

/// Documents that may quote snapshots by name.
const DOCUMENTS: &[&str] = &["README.md", "docs/classroom.md", "docs/debug.md"];

/// The text that a block `quote NAME FROM | UNTIL` must have.
fn quote_by_name(info: &str) -> Result<String, Failed> {
    let malformed = || format!("`{info}` is not `quote NAME FROM | UNTIL`");
    let (name, part) = info["quote ".len()..].split_once(' ').ok_or_else(malformed)?;
    let (from, until) = part.split_once(" | ").ok_or_else(malformed)?;
    let path = builder::root().join("tests").join(format!("{name}.snap"));
    let snapshot = std::fs::read_to_string(&path)
        .map_err(|e| format!("failed to read `{}`: {e}", path.display()))?;
    let part = part_of(snapshot.lines(), from, until);
    if part.is_empty() {
        return Err(format!("`{}` has no line with `{from}`", path.display()).into());
    }
    Ok(part.join("\n").trim_end().to_owned() + "\n")
}

/// The lines from the first that contains `from` up to the next that contains `until`, or
/// to the end.
fn part_of<'a>(lines: impl Iterator<Item = &'a str>, from: &str, until: &str) -> Vec<&'a str> {
    let mut part: Vec<&str> = lines.skip_while(|line| !line.contains(from)).collect();
    let length = part.iter().skip(1).position(|line| line.contains(until));
    part.truncate(length.map_or(part.len(), |length| length + 1));
    part
}

struct Block<'a> {
    info: &'a str,
    /// Ends with a newline.
    content: &'a str,
}

/// The fenced blocks of a chapter that quote a run or a file.
fn blocks(chapter: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut rest = chapter;
    while let Some(start) = rest.find("\n```") {
        rest = &rest[start + 4..];
        let Some((info, after)) = rest.split_once('\n') else { break };
        let Some(end) = after.find("```") else { break };
        let is_quote = info == "output"
            || info.starts_with("timeline ")
            || info.starts_with("quote ")
            || code(info).is_some();
        if is_quote {
            blocks.push(Block { info, content: &after[..end] });
        }
        rest = &after[end + 3..];
    }
    blocks
}

/// `FILE FROM | UNTIL`, if this is the info string of a block that quotes code.
fn code(info: &str) -> Option<&str> {
    info.strip_prefix("c ").or_else(|| info.strip_prefix("rust "))
}

/// The part of a file that a block of code must have. `None` if there is no such file or
/// part.
fn quote_code(part: &str) -> Option<String> {
    let (file, part) = part.split_once(' ')?;
    let (from, until) = part.split_once(" | ")?;
    let text = std::fs::read_to_string(builder::root().join(file)).ok()?;
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
    fn only_blocks_that_quote_are_found() {
        let blocks = blocks("\n```sh\nls\n```\n\n```output\nhi\n```\n\n```c\nint i;\n```\n");
        assert_eq!(blocks.len(), 1);
        assert_eq!((blocks[0].info, blocks[0].content), ("output", "hi\n"));
    }

    #[test]
    fn code_is_quoted_from_its_file() {
        let blocks = blocks("\n```rust tests/src/quotes.rs fn part_of | let length\nold\n```\n");
        let quoted = quote_code(code(blocks[0].info).unwrap()).unwrap();
        assert!(quoted.starts_with("fn part_of<'a>("), "{quoted}");
        assert_eq!(quoted.lines().count(), 2);
        assert_eq!(quote_code("tests/src/no-such-file.rs fn | fn"), None);
        assert_eq!(quote_code("tests/src/tidy.rs fn no_such_function | fn"), None);
    }
}
