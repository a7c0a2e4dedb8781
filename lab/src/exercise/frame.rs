//! The frame of an exercise: the solution with named regions.
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
//! The stub and each mutant are a [`Change`], which replaces the content of some regions.
//! Regions may be nested. A region `solution`, of which there may be many, appears only
//! in the solution.
//!
//! The lines that begin and end a region are left out of every generated file. Editors
//! can fold at them, and rustfmt leaves them in place.

use std::collections::BTreeMap;

/// The name of regions that only the solution has.
const SOLUTION: &str = "solution";

/// New content for regions, keyed by their names.
///
/// A text starts in column one and is indented like the line that begins the region. An
/// empty text removes the region's lines.
pub type Change = BTreeMap<String, String>;

/// A parsed frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A line without its newline.
    Line(String),
    Region(Region),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Region {
    name: String,
    /// The indentation of the line that begins the region.
    indent: String,
    /// The number of that line, from 1.
    line: usize,
    parts: Vec<Part>,
}

impl Frame {
    /// Parses a frame. The error says what is wrong in which line.
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
                            "line {number}: `{name}` is not a region's name: use \
                             lower-case words with hyphens between"
                        ));
                    }
                    if open.last().is_some_and(|around| around.name == SOLUTION) {
                        return Err(format!(
                            "line {number}: region `{name}` is inside a region `{SOLUTION}`, which \
                             stub and mutants do not have"
                        ));
                    }
                    let first = *first_seen.entry(name.to_owned()).or_insert(number);
                    if name != SOLUTION && first != number {
                        return Err(format!(
                            "line {number}: region `{name}` already begins in line {first}"
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
                Err("it has no regions: `// region: NAME` begins one".to_owned())
            }
            None => Ok(frame),
        }
    }

    /// The solution with its comments.
    pub fn solution(&self) -> String {
        let mut text = String::new();
        push(&mut text, &self.parts, None);
        text
    }

    /// The frame with a change, without the `solution` regions.
    pub fn with(&self, change: &Change) -> String {
        let mut text = String::new();
        push(&mut text, &self.parts, Some(change));
        text
    }

    /// The names of all regions that can be changed, in order.
    pub fn names(&self) -> Vec<&str> {
        let regions = regions(&self.parts).into_iter();
        regions.map(|(region, _)| region.name.as_str()).filter(|&name| name != SOLUTION).collect()
    }

    /// What is wrong with a change, and the region that has the problem.
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
                    format!("region `{name}` is inside `{outer}`, which is changed too"),
                ));
            }
            let (mut before, mut after) = (String::new(), String::new());
            push(&mut before, &region.parts, Some(&Change::new()));
            push_indented(&mut after, &region.indent, text);
            (before == after)
                .then(|| (name.as_str(), format!("the text for region `{name}` changes nothing")))
        })
    }
}

/// Assembles a text: the solution, or the frame with a change.
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

/// All regions in order, each with the names of the regions around it.
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
                // One line needs no newline. An empty text removes the lines.
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
                "region `print` is inside `loop`, which is changed too".to_owned(),
            ),
            (
                &[("print", "println!(\"{n}\");")],
                "print",
                "the text for region `print` changes nothing".to_owned(),
            ),
            (&[("more", "")], "more", "the text for region `more` changes nothing".to_owned()),
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
                "line 3: region `a` already begins in line 1",
            ),
            (
                "//region: A b\n",
                "line 1: `A b` is not a region's name: use lower-case words with hyphens \
                 between",
            ),
            (
                "// region: solution\n// region: a\n",
                "line 2: region `a` is inside a region `solution`, which stub and mutants do not \
                 have",
            ),
            ("x\n", "it has no regions: `// region: NAME` begins one"),
            (
                "// region: solution\n// endregion\n",
                "it has no regions: `// region: NAME` begins one",
            ),
        ] {
            assert_eq!(Frame::parse(frame).unwrap_err(), problem);
        }
    }
}
