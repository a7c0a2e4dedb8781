//! The frame of an exercise: its solution, parts of which have names.
//!
//! ```text
//! fn count(pipes: &[OwnedFd]) -> usize {
//!     // region: count
//!     // region: solution
//!     // Why it is done like this.
//!     // endregion
//!     pipes.iter().filter(|pipe| is_open(pipe)).count()
//!     // endregion
//! }
//! ```
//!
//! The stub and each mutant are a [`Change`]: what some of the regions hold
//! instead. Regions may lie in one another. What lies in a region `solution`,
//! of which there may be many, only the solution has.
//!
//! The lines that begin and end a region are in no file that is assembled.
//! Editors fold by them, and rustfmt leaves them where they are.

use std::collections::BTreeMap;

/// The region that only the solution has.
const SOLUTION: &str = "solution";

/// What regions hold instead of what the solution has there, by their names.
///
/// A text begins in the first column and is indented as the line is that begins
/// the region. No text takes the region's lines away.
pub type Change = BTreeMap<String, String>;

/// A frame, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A line, without its end.
    Line(String),
    Region(Region),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Region {
    name: String,
    /// What the line that begins it begins with.
    indent: String,
    /// That line, counted from 1.
    line: usize,
    parts: Vec<Part>,
}

impl Frame {
    /// Takes a frame's text apart. The error says in which line what is wrong.
    pub fn parse(text: &str) -> Result<Frame, String> {
        let mut first_seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut open: Vec<Region> = Vec::new();
        let mut frame = Frame { parts: Vec::new() };
        for (line, number) in text.lines().zip(1..) {
            let part = match Mark::of(line) {
                None => Part::Line(line.to_owned()),
                Some(Mark::Begin(name)) => {
                    if !is_name(name) {
                        return Err(format!(
                            "line {number}: `{name}` is no name for a region: it takes \
                             lower-case words with hyphens between"
                        ));
                    }
                    if open.last().is_some_and(|around| around.name == SOLUTION) {
                        return Err(format!(
                            "line {number}: region `{name}` lies in a region `{SOLUTION}`, which \
                             stub and mutants do not have"
                        ));
                    }
                    let first = *first_seen.entry(name.to_owned()).or_insert(number);
                    if name != SOLUTION && first != number {
                        return Err(format!(
                            "line {number}: there is a region `{name}` already, in line {first}"
                        ));
                    }
                    let indent = line[..line.len() - line.trim_start().len()].to_owned();
                    let (name, parts) = (name.to_owned(), Vec::new());
                    open.push(Region { name, indent, line: number, parts });
                    continue;
                }
                Some(Mark::End) => match open.pop() {
                    Some(region) => Part::Region(region),
                    None => return Err(format!("line {number}: no region ends here")),
                },
            };
            open.last_mut().map_or(&mut frame.parts, |region| &mut region.parts).push(part);
        }
        match open.pop() {
            Some(Region { name, line, .. }) => {
                Err(format!("line {line}: region `{name}` has no `// endregion`"))
            }
            None if frame.names().is_empty() => {
                Err("no part of it is a region: `// region: NAME` begins one".to_owned())
            }
            None => Ok(frame),
        }
    }

    /// The solution, with its reasoning.
    pub fn solution(&self) -> String {
        let mut text = String::new();
        push(&mut text, &self.parts, None);
        text
    }

    /// The same with a change, and without what only the solution has.
    pub fn with(&self, change: &Change) -> String {
        let mut text = String::new();
        push(&mut text, &self.parts, Some(change));
        text
    }

    /// The names of all regions that can be changed, in their order.
    pub fn names(&self) -> Vec<&str> {
        let regions = regions(&self.parts).into_iter();
        regions.map(|(region, _)| region.name.as_str()).filter(|&name| name != SOLUTION).collect()
    }

    /// What is wrong with a change, and the region that it is wrong about.
    pub fn problem<'a>(&self, change: &'a Change) -> Option<(&'a str, String)> {
        let regions = regions(&self.parts);
        change.iter().find_map(|(name, text)| {
            let found = regions.iter().find(|(region, _)| region.name == *name);
            let Some((region, around)) = found.filter(|_| name != SOLUTION) else {
                let has = self.names().join(", ");
                return Some((
                    name.as_str(),
                    format!("there is no region `{name}`; the frame has {has}"),
                ));
            };
            if let Some(outer) = around.iter().find(|outer| change.contains_key(**outer)) {
                return Some((
                    name.as_str(),
                    format!("region `{name}` lies in `{outer}`, which is changed, too"),
                ));
            }
            let (mut before, mut after) = (String::new(), String::new());
            push(&mut before, &region.parts, Some(&Change::new()));
            push_indented(&mut after, &region.indent, text);
            (before == after)
                .then(|| (name.as_str(), format!("region `{name}` is not changed by its text")))
        })
    }
}

/// Puts a text together: the solution's, or what a change makes of it.
fn push(text: &mut String, parts: &[Part], change: Option<&Change>) {
    for part in parts {
        match part {
            Part::Line(line) => {
                text.push_str(line);
                text.push('\n');
            }
            Part::Region(region) if change.is_some() && region.name == SOLUTION => {}
            Part::Region(region) => match change.and_then(|change| change.get(&region.name)) {
                Some(instead) => push_indented(text, &region.indent, instead),
                None => push(text, &region.parts, change),
            },
        }
    }
}

fn push_indented(text: &mut String, indent: &str, lines: &str) {
    for line in lines.lines() {
        if !line.is_empty() {
            text.push_str(indent);
            text.push_str(line);
        }
        text.push('\n');
    }
}

/// All regions in their order, each with the names of those that it lies in.
fn regions(parts: &[Part]) -> Vec<(&Region, Vec<&str>)> {
    let mut found = Vec::new();
    for part in parts {
        if let Part::Region(region) = part {
            found.push((region, Vec::new()));
            for (inner, mut around) in regions(&region.parts) {
                around.push(&region.name);
                found.push((inner, around));
            }
        }
    }
    found
}

/// A line that begins or ends a region.
enum Mark<'a> {
    Begin(&'a str),
    End,
}

impl Mark<'_> {
    fn of(line: &str) -> Option<Mark<'_>> {
        let comment = line.trim().strip_prefix("//")?.trim_start();
        match comment.strip_prefix("region:") {
            Some(name) => Some(Mark::Begin(name.trim())),
            None => (comment == "endregion").then_some(Mark::End),
        }
    }
}

fn is_name(name: &str) -> bool {
    let fits = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    name.split('-').all(|word| !word.is_empty() && word.bytes().all(fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &str = "\
fn main() {
    // region: loop
    // region: solution
    // Why.
    // endregion
    for n in 0..3 {
        // region: print
        println!(\"{n}\");
        // endregion
    }
    // endregion
}
// region: more
// endregion
";

    fn change(regions: &[(&str, &str)]) -> Change {
        regions.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect()
    }

    #[test]
    fn each_sample_is_the_frame_with_its_regions() {
        let frame = Frame::parse(FRAME).unwrap();
        assert_eq!(frame.names(), ["loop", "print", "more"]);
        assert_eq!(
            frame.solution(),
            "fn main() {\n    // Why.\n    for n in 0..3 {\n        println!(\"{n}\");\n    }\n}\n"
        );
        for (regions, text) in [
            (
                // One line needs no end; an empty text takes the lines away.
                &[("print", "dbg!(n);"), ("more", "\nfn more() {}\n")][..],
                "fn main() {\n    for n in 0..3 {\n        dbg!(n);\n    }\n}\n\nfn more() {}\n",
            ),
            (&[("print", "")], "fn main() {\n    for n in 0..3 {\n    }\n}\n"),
            (
                &[("loop", "if true {\n\n    f();\n}\n")],
                "fn main() {\n    if true {\n\n        f();\n    }\n}\n",
            ),
        ] {
            let change = change(regions);
            assert_eq!(frame.problem(&change), None);
            assert_eq!(frame.with(&change), text);
        }
    }

    #[test]
    fn a_change_that_the_frame_does_not_take_is_refused() {
        let frame = Frame::parse(FRAME).unwrap();
        let known = "the frame has loop, print, more";
        for (regions, region, problem) in [
            (&[("lop", "x")][..], "lop", format!("there is no region `lop`; {known}")),
            (&[("solution", "x")], "solution", format!("there is no region `solution`; {known}")),
            (
                &[("loop", "x"), ("print", "y")],
                "print",
                "region `print` lies in `loop`, which is changed, too".to_owned(),
            ),
            (
                &[("print", "println!(\"{n}\");")],
                "print",
                "region `print` is not changed by its text".to_owned(),
            ),
            (&[("more", "")], "more", "region `more` is not changed by its text".to_owned()),
        ] {
            assert_eq!(frame.problem(&change(regions)), Some((region, problem)));
        }
    }

    #[test]
    fn a_frame_that_makes_no_sense_is_refused() {
        for (frame, problem) in [
            ("x\n// region: a\ny\n", "line 2: region `a` has no `// endregion`"),
            (
                "// region: a\n// region: b\n// endregion\n",
                "line 1: region `a` has no `// endregion`",
            ),
            ("x\n// endregion\n", "line 2: no region ends here"),
            (
                "// region: a\n// endregion\n// region: a\n// endregion\n",
                "line 3: there is a region `a` already, in line 1",
            ),
            (
                "//region: A b\n",
                "line 1: `A b` is no name for a region: it takes lower-case words with hyphens \
                 between",
            ),
            (
                "// region: solution\n// region: a\n",
                "line 2: region `a` lies in a region `solution`, which stub and mutants do not have",
            ),
            ("x\n", "no part of it is a region: `// region: NAME` begins one"),
            (
                "// region: solution\n// endregion\n",
                "no part of it is a region: `// region: NAME` begins one",
            ),
        ] {
            assert_eq!(Frame::parse(frame).unwrap_err(), problem);
        }
    }
}
