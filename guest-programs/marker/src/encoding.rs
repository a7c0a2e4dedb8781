//! How a mark is written into the trace, and read again.
//!
//! ```text
//! RS src/main.rs:36 US handler: si_pid {} US t21
//! ```
//!
//! RS and US are ASCII's separators of records and units, 0x1e and 0x1f. A mark
//! that begins a scene has GS, the separator of groups, 0x1d, in place of RS. A
//! value begins with the letter of its type. A mark that begins with neither comes
//! from another program, and is plain text.

use std::fmt::{self, Write};

use crate::Arg;

/// Begins a mark.
const RECORD: char = '\x1e';
/// Begins a mark that begins a scene.
const GROUP: char = '\x1d';
/// Stands between its parts.
const UNIT: char = '\x1f';

/// The longest text in a mark, bytes; a longer one is cut, so that a student's
/// line leaves room for what comes after it.
const LONGEST_TEXT: usize = 120;

/// What a mark is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It tells a step.
    Step,
    /// It begins a scene: the one that its file is named for.
    Scene,
}

/// A mark that was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark<'a> {
    /// What it is for.
    pub is: Use,
    /// The source file, as the compiler names it.
    pub file: &'a str,
    /// The line in it, from 1.
    pub line: u32,
    /// The format, with a `{}` for each value.
    pub format: &'a str,
    /// The values.
    pub args: Vec<Arg<'a>>,
}

/// Keeps a mark from compiling if its format has more or fewer `{}` than it has
/// values, or any other brace.
pub const fn check(format: &str, args: usize) {
    let bytes = format.as_bytes();
    let (mut at, mut holes) = (0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'{' => {
                assert!(
                    at + 1 < bytes.len() && bytes[at + 1] == b'}',
                    "a mark knows only an empty pair of braces"
                );
                (at, holes) = (at + 2, holes + 1);
            }
            b'}' => panic!("a mark knows only an empty pair of braces"),
            _ => at += 1,
        }
    }
    assert!(holes == args, "a mark needs one value for each pair of braces");
}

/// Writes a mark.
///
/// # Errors
/// Those of `out`.
pub fn write(
    out: &mut impl Write,
    is: Use,
    file: &str,
    line: u32,
    format: &str,
    args: &[Arg<'_>],
) -> fmt::Result {
    let begin = match is {
        Use::Step => RECORD,
        Use::Scene => GROUP,
    };
    write!(out, "{begin}{file}:{line}{UNIT}{format}")?;
    for arg in args {
        out.write_char(UNIT)?;
        match arg {
            Arg::Task(pid) => write!(out, "t{pid}"),
            Arg::Count(count) => write!(out, "c{count}"),
            Arg::Address(address) => write!(out, "a{address:x}"),
            Arg::Errno(errno) => write!(out, "e{errno}"),
            Arg::Text(text) => write_text(out, text),
        }?;
    }
    Ok(())
}

/// A text may be a stranger's, and contain anything.
fn write_text(out: &mut impl Write, text: &str) -> fmt::Result {
    out.write_char('x')?;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if at >= LONGEST_TEXT => return out.write_char('…'),
            RECORD | GROUP | UNIT => out.write_char(char::REPLACEMENT_CHARACTER)?,
            _ => out.write_char(letter)?,
        }
    }
    Ok(())
}

/// Reads a mark; `None` if it is not of this form.
pub fn read(text: &str) -> Option<Mark<'_>> {
    let (is, rest) = match text.strip_prefix(RECORD) {
        Some(rest) => (Use::Step, rest),
        None => (Use::Scene, text.strip_prefix(GROUP)?),
    };
    let mut parts = rest.split(UNIT);
    let (file, line) = parts.next()?.rsplit_once(':')?;
    let (line, format) = (line.parse().ok()?, parts.next()?);
    let args = parts.map(read_arg).collect::<Option<Vec<Arg<'_>>>>()?;
    let holes = format.matches("{}").count();
    (holes == args.len()).then_some(Mark { is, file, line, format, args })
}

fn read_arg(text: &str) -> Option<Arg<'_>> {
    let value = text.get(1..)?;
    Some(match text.as_bytes()[0] {
        b't' => Arg::Task(value.parse().ok()?),
        b'c' => Arg::Count(value.parse().ok()?),
        b'a' => Arg::Address(u64::from_str_radix(value, 16).ok()?),
        b'e' => Arg::Errno(value.parse().ok()?),
        b'x' => Arg::Text(value),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let args = [
            Arg::Task(21),
            Arg::Count(-3),
            Arg::Address(0xffff_8000),
            Arg::Errno(11),
            Arg::Text("SI_USER"),
        ];
        let format = "{} {} {} {} {}";
        let mut text = String::new();
        write(&mut text, Use::Step, "src/main.rs", 36, format, &args).unwrap();
        assert_eq!(
            text,
            "\x1esrc/main.rs:36\x1f{} {} {} {} {}\x1ft21\x1fc-3\x1faffff8000\x1fe11\x1fxSI_USER"
        );
        let is = Use::Step;
        let mark = Mark { is, file: "src/main.rs", line: 36, format, args: args.to_vec() };
        assert_eq!(read(&text), Some(mark));
    }

    #[test]
    fn a_mark_may_begin_a_scene() {
        let mut text = String::new();
        write(&mut text, Use::Scene, "src/f.rs", 3, "1. a", &[]).unwrap();
        assert_eq!(text, "\x1dsrc/f.rs:3\x1f1. a");
        let mark =
            Mark { is: Use::Scene, file: "src/f.rs", line: 3, format: "1. a", args: Vec::new() };
        assert_eq!(read(&text), Some(mark));
    }

    #[test]
    fn a_strangers_text_is_one_value_and_leaves_room() {
        let long = "é".repeat(200);
        let mut text = String::new();
        let args = [Arg::Text("a\x1fc1\x1e\x1db"), Arg::Text(&long)];
        write(&mut text, Use::Step, "f", 1, "{} {}", &args).unwrap();
        let cut = "é".repeat(60) + "…";
        let args = vec![Arg::Text("a\u{fffd}c1\u{fffd}\u{fffd}b"), Arg::Text(&cut)];
        assert_eq!(
            read(&text),
            Some(Mark { is: Use::Step, file: "f", line: 1, format: "{} {}", args })
        );
    }

    #[test]
    fn what_is_no_mark_of_this_form_is_none() {
        for text in [
            "",
            "text",
            "\x1e",
            "\x1ea:1",
            "\x1ea:x\x1ftext",
            "\x1ea:1\x1f{}",
            "\x1ea:1\x1ftext\x1fc1",
            "\x1ea:1\x1f{}\x1f",
            "\x1ea:1\x1f{}\x1fc",
            "\x1ea:1\x1f{}\x1fé",
            "\x1ea:1\x1f{}\x1fz1",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
