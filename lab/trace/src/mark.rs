//! A program's mark as data.

use marker::Arg;
use marker::encoding::{self, Use};

use super::names;

/// What a program wrote into `trace_marker`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The place in the program's source, such as `src/main.rs:36`. `None` for text that
    /// was not written by `mark!`.
    pub source: Option<String>,
    /// The scene that the mark begins, named after its source file:
    /// `src/select/no_time.rs` is `select/no-time`.
    pub scene: Option<String>,
    /// The parts of its text, in order.
    pub parts: Vec<Part>,
}

/// A part of a mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Literal text.
    Words(String),
    /// A task's number in the first pid namespace.
    Task(i32),
    /// A count, a size or another plain number.
    Count(i128),
    /// An address or a set of bits.
    Address(u64),
    /// An error number.
    Errno(i32),
}

impl Mark {
    /// Reads the text of a mark. Text in any other form becomes a mark of words alone.
    pub fn read(text: &str) -> Mark {
        let Some(mark) = encoding::read(text) else {
            return Mark { source: None, scene: None, parts: vec![Part::Words(text.to_owned())] };
        };
        let mut args = mark.args.iter();
        let mut parts = Vec::new();
        for (number, words) in mark.format.split("{}").enumerate() {
            if number > 0 {
                parts.extend(args.next().map(|arg| Part::from(*arg)));
            }
            if !words.is_empty() {
                parts.push(Part::Words(words.to_owned()));
            }
        }
        let scene = (mark.is == Use::Scene).then(|| scene(mark.file));
        Mark { source: Some(format!("{}:{}", mark.file, mark.line)), scene, parts }
    }

    /// The mark as text. `task` names its tasks.
    pub fn text(&self, task: impl Fn(i32) -> String) -> String {
        let text = |part: &Part| match part {
            Part::Words(words) => words.clone(),
            Part::Task(pid) => task(*pid),
            Part::Count(count) => count.to_string(),
            Part::Address(address) => format!("{address:#x}"),
            Part::Errno(errno) => names::errno(*errno).unwrap_or_else(|| format!("errno {errno}")),
        };
        self.parts.iter().map(text).collect()
    }
}

/// The name of the scene that a source file holds.
fn scene(file: &str) -> String {
    let name = file.rsplit_once("src/").map_or(file, |(_, name)| name);
    name.strip_suffix(".rs").unwrap_or(name).replace('_', "-")
}

impl From<Arg<'_>> for Part {
    fn from(arg: Arg<'_>) -> Part {
        match arg {
            Arg::Task(pid) => Part::Task(pid),
            Arg::Count(count) => Part::Count(count),
            Arg::Address(address) => Part::Address(address),
            Arg::Errno(errno) => Part::Errno(errno),
            Arg::Text(text) => Part::Words(text.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_types() {
        let mut text = String::new();
        let args =
            [Arg::Task(21), Arg::Errno(11), Arg::Address(16), Arg::Count(21), Arg::Text("x")];
        encoding::write(&mut text, Use::Step, "src/main.rs", 7, "{}: {} {}, {}{}", &args).unwrap();
        let mark = Mark::read(&text);
        assert_eq!(mark.source.as_deref(), Some("src/main.rs:7"));
        assert_eq!(mark.text(|pid| pid.to_string()), "21: EAGAIN 0x10, 21x");
        assert_eq!(mark.text(|_| "child 1".to_owned()), "child 1: EAGAIN 0x10, 21x");
    }

    #[test]
    fn a_scene_is_called_by_its_file() {
        for (file, name) in [
            ("src/a_child_exits.rs", "a-child-exits"),
            ("guest-programs/poll-select/src/select/no_time.rs", "select/no-time"),
        ] {
            let mut text = String::new();
            encoding::write(&mut text, Use::Scene, file, 7, "1. x", &[]).unwrap();
            assert_eq!(Mark::read(&text).scene.as_deref(), Some(name));
        }
        let mut text = String::new();
        encoding::write(&mut text, Use::Step, "src/a.rs", 7, "x", &[]).unwrap();
        assert_eq!(Mark::read(&text).scene, None);
    }

    #[test]
    fn text_of_others_is_words() {
        let mark = Mark::read("by 21: {}");
        assert_eq!((&mark.source, mark.text(|_| String::new())), (&None, "by 21: {}".to_owned()));
    }
}
