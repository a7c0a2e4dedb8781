//! The map: by which way each lesson's news reaches the process, and what becomes of it.
//!
//! A lesson's line is in a file of its own, [`FILE`], beside its `lesson.toml`. No run
//! depends on it, so it is no part of a [`Lesson`].
//!
//! ```toml
//! [way]
//! diverts = ["so the handler runs once"]
//!
//! [full]
//! says = "dropped"
//! facts = ["and two are dropped, because one is already pending"]
//!
//! [kept]
//! none = "what a call returns is not kept"
//! ```
//!
//! Each cell names facts of the lesson, or says why its question does not arise. Places
//! without a lesson have no facts: they are in [`UNBUILT`].

mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use explain::{ExitStatus, Explain};
use serde::Deserialize;
use toml::Spanned;
use toml::de::Error;

use crate::lesson::{Lesson, Name};
use crate::place::error_at;

pub use text::text;

/// The file in a lesson's folder that contains its line of the map.
pub const FILE: &str = "map.toml";

/// The file in a course's tree that contains the places without a lesson. A course need
/// not have it.
pub const UNBUILT: &str = "docs/map.toml";

/// A course's map.
#[derive(Debug, Clone)]
pub struct Map {
    /// The lessons in reading order. `None` is the line of a lesson without a [`FILE`].
    pub lessons: Vec<(Lesson, Option<Line>)>,
    /// The places without a lesson.
    pub unbuilt: Vec<Unbuilt>,
}

/// How the kernel reaches a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// The process asks by a call that does not wait, or not for this.
    Returns,
    /// The process sleeps in a call until the news comes.
    Wakes,
    /// The process is in none of the kernel's calls for it: a handler runs, or the process
    /// is stopped or killed.
    Diverts,
    /// The process finds the news in memory.
    NoCall,
    /// Another process runs, or answers while this one waits.
    Asks,
}

/// A lesson's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Each way of the news, with the facts that show it.
    pub ways: BTreeMap<Way, Vec<String>>,
    /// The other cells, in the order of [`COLUMNS`].
    pub cells: [Cell; 5],
}

/// What the cells of a line say, besides its ways.
pub const COLUMNS: [&str; 5] =
    ["carries", "is kept as", "when full", "who hears of the loss", "sent in the context of"];

/// One cell of a lesson's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// What it says, and the facts that show it.
    Says { text: String, facts: Vec<String> },
    /// Its question does not arise in the lesson's run.
    None { why: String },
}

/// A place on the map without a lesson. No run shows what is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unbuilt {
    /// The name that its lesson would have.
    #[serde(rename = "place")]
    pub name: String,
    pub ways: BTreeSet<Way>,
    /// The question that its lesson would answer.
    pub question: String,
    /// What its lesson would have to show.
    pub would_show: String,
}

/// Why a line or the list of places cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("failed to parse `{}`: {source}", path.display())]
pub struct MapError {
    path: PathBuf,
    source: Box<Error>,
}

impl Explain for MapError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Build
    }
}

impl Way {
    /// All of them, in the map's order.
    pub const ALL: [Way; 5] = [Way::Returns, Way::Wakes, Way::Diverts, Way::NoCall, Way::Asks];

    /// Its number on the map.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    /// What it is called on the map.
    pub fn name(self) -> &'static str {
        match self {
            Way::Returns => "your call returns",
            Way::Wakes => "your sleeping call wakes",
            Way::Diverts => "the kernel diverts you",
            Way::NoCall => "no call at all",
            Way::Asks => "somebody else is asked",
        }
    }
}

impl Line {
    /// Parses the text of a lesson's [`FILE`]. A cell may only name facts that the lesson
    /// has.
    pub fn parse(lesson: &Lesson, text: &str) -> Result<Line, MapError> {
        let read = || -> Result<Line, Error> {
            let declared: Declared = toml::from_str(text)?;
            let Declared { way, carries, kept, full, loss, context } = declared;
            let facts = |facts: Facts| facts.of(lesson);
            let ways = way.0.into_iter().map(|(way, shown)| Ok((way, facts(shown)?)));
            let cell = |cell: DeclaredCell| {
                Ok(match cell {
                    DeclaredCell::Says { text, facts } => {
                        Cell::Says { text, facts: facts.of(lesson)? }
                    }
                    DeclaredCell::None { why } => Cell::None { why },
                })
            };
            let cells = [cell(carries)?, cell(kept)?, cell(full)?, cell(loss)?, cell(context)?];
            Ok(Line { ways: ways.collect::<Result<_, Error>>()?, cells })
        };
        read().map_err(|error| failed(lesson.folder.join(FILE), text, error))
    }

    /// The columns and cells besides the ways.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, &Cell)> {
        COLUMNS.into_iter().zip(&self.cells)
    }
}

/// Parses the text of a course's file [`UNBUILT`]. None of its places may be a lesson's.
pub fn unbuilt(path: &Path, text: &str, lessons: &[Name]) -> Result<Vec<Unbuilt>, MapError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Places {
        unbuilt: Vec<Spanned<Unbuilt>>,
    }
    let read = || -> Result<Vec<Unbuilt>, Error> {
        let places: Places = toml::from_str(text)?;
        let unbuilt = places.unbuilt.into_iter().map(|place| {
            let name = &place.get_ref().name;
            if lessons.iter().any(|lesson| lesson.as_str() == name) {
                let built = format!("`{name}` is built: its line is in the lesson's own {FILE}");
                return Err(error_at(place.span(), &built));
            }
            Ok(place.into_inner())
        });
        unbuilt.collect()
    };
    read().map_err(|error| failed(path.to_owned(), text, error))
}

fn failed(path: PathBuf, text: &str, mut error: Error) -> MapError {
    error.set_input(Some(text));
    MapError { path, source: Box::new(error) }
}

/// A line in the form that a file declares it. This structure documents the format:
/// unknown keys are errors, and so are missing ones.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    /// Each way by which the news reaches the process, with the facts that show it.
    way: Ways,
    /// What the news says.
    carries: DeclaredCell,
    /// Where it is kept until it is heard, and how much of it.
    kept: DeclaredCell,
    /// What becomes of news for which there is no room.
    full: DeclaredCell,
    /// Who hears that news was lost.
    loss: DeclaredCell,
    /// The task, or the kernel's context, that sends the news.
    context: DeclaredCell,
}

/// At least one way.
#[derive(Deserialize)]
#[serde(try_from = "BTreeMap<Way, Facts>")]
struct Ways(BTreeMap<Way, Facts>);

/// At least one fact.
#[derive(Deserialize)]
#[serde(try_from = "Vec<Spanned<String>>")]
struct Facts(Vec<Spanned<String>>);

#[derive(Deserialize)]
#[serde(try_from = "RawCell")]
enum DeclaredCell {
    Says { text: String, facts: Facts },
    None { why: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCell {
    /// What the cell says.
    says: Option<String>,
    /// The facts that show it.
    facts: Option<Facts>,
    /// Instead of `says`: why the question does not arise.
    none: Option<String>,
}

impl TryFrom<BTreeMap<Way, Facts>> for Ways {
    type Error = &'static str;

    fn try_from(ways: BTreeMap<Way, Facts>) -> Result<Ways, &'static str> {
        if ways.is_empty() { Err("the news comes by at least one way") } else { Ok(Ways(ways)) }
    }
}

impl TryFrom<Vec<Spanned<String>>> for Facts {
    type Error = &'static str;

    fn try_from(facts: Vec<Spanned<String>>) -> Result<Facts, &'static str> {
        if facts.is_empty() { Err(NO_FACT) } else { Ok(Facts(facts)) }
    }
}

/// What is said of a cell without a fact.
const NO_FACT: &str = "no fact shows this: `facts` names one, or `none` says why there is none";

impl TryFrom<RawCell> for DeclaredCell {
    type Error = &'static str;

    fn try_from(cell: RawCell) -> Result<DeclaredCell, &'static str> {
        match cell {
            RawCell { says: Some(text), facts: Some(facts), none: None } => {
                Ok(DeclaredCell::Says { text, facts })
            }
            RawCell { says: None, facts: None, none: Some(why) } => Ok(DeclaredCell::None { why }),
            RawCell { says: Some(_), facts: None, none: None } => Err(NO_FACT),
            RawCell { none: Some(_), .. } => Err("`none` excludes `says` and `facts`"),
            RawCell { says: None, .. } => Err("a cell has either `says` and `facts`, or `none`"),
        }
    }
}

impl Facts {
    /// Their texts, if a lesson has all of them.
    fn of(self, lesson: &Lesson) -> Result<Vec<String>, Error> {
        let known = |fact: &str| lesson.expect.iter().any(|expected| expected.fact == fact);
        let text = |fact: Spanned<String>| {
            if known(fact.get_ref()) {
                return Ok(fact.into_inner());
            }
            let unknown = format!("{} has no such fact in its lesson.toml", lesson.name);
            Err(error_at(fact.span(), &unknown))
        };
        self.0.into_iter().map(text).collect()
    }
}

#[cfg(test)]
mod tests;
