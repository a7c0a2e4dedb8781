//! Reads the files that declare an exercise, with errors that name the file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;
use toml::de::DeTable;

use super::ExerciseError;
use super::frame::{Change, Frame};
use super::values::{self, Range, Values};

/// The content of one file.
pub struct Source {
    path: PathBuf,
    pub text: String,
}

/// The place of a change in its file.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    /// In `[stub]`.
    Stub,
    /// In the mutant with this index.
    Mutant(usize),
}

impl Source {
    /// Reads a file in an exercise's folder.
    pub fn read(folder: &Path, name: &str) -> Result<Source, ExerciseError> {
        let path = folder.join(name);
        let text = fs::read_to_string(&path)?;
        Ok(Source { path, text })
    }

    /// A file whose content is known.
    pub fn of(folder: &Path, name: &str, text: &str) -> Source {
        Source { path: folder.join(name), text: text.to_owned() }
    }

    /// Parses the text as TOML.
    pub fn table(&self) -> Result<toml::Table, ExerciseError> {
        toml::from_str(&self.text).map_err(|e| self.unparsed(e))
    }

    /// The ranges of the values that vary, by name.
    pub fn ranges(&self) -> Result<BTreeMap<String, Range>, ExerciseError> {
        #[derive(Deserialize)]
        struct Varying {
            #[serde(default)]
            vary: BTreeMap<String, Range>,
        }
        let varying: Varying = toml::from_str(&self.text).map_err(|e| self.unparsed(e))?;
        Ok(varying.vary)
    }

    /// The text with these values filled in. Each line stays where it was, so that an
    /// error in it has the line of the file.
    pub fn filled(&self, values: &Values) -> Result<String, ExerciseError> {
        let table = DeTable::parse(&self.text).map_err(|e| self.unparsed(e))?;
        let filled = values::fill_text(&self.text, table.get_ref(), values);
        filled.map_err(|problem| self.problem(problem))
    }

    /// Refuses a change that changes nothing or does not fit the frame.
    pub fn refuse(
        &self,
        change: &Change,
        place: Place,
        frame: &Frame,
    ) -> Result<(), ExerciseError> {
        match frame.problem(change) {
            None => Ok(()),
            Some((region, problem)) => match self.line_of(place, region) {
                Some(line) => Err(self.problem(format!("line {line}: {problem}"))),
                None => Err(self.problem(problem)),
            },
        }
    }

    /// Makes an error that says why the file makes no sense.
    pub fn problem(&self, problem: String) -> ExerciseError {
        ExerciseError::Problem { path: self.path.clone(), problem }
    }

    pub fn unparsed(&self, error: toml::de::Error) -> ExerciseError {
        ExerciseError::Parse { path: self.path.clone(), source: Box::new(error) }
    }

    /// The number of the line that changes a region, from 1.
    fn line_of(&self, place: Place, region: &str) -> Option<usize> {
        type Regions = BTreeMap<Spanned<String>, IgnoredAny>;
        #[derive(Deserialize)]
        struct Mutant {
            change: Regions,
        }
        #[derive(Deserialize)]
        struct Changes {
            #[serde(default)]
            stub: Regions,
            #[serde(rename = "mutant", default)]
            mutants: Vec<Mutant>,
        }
        let changes: Changes = toml::from_str(&self.text).ok()?;
        let regions = match place {
            Place::Stub => &changes.stub,
            Place::Mutant(index) => &changes.mutants.get(index)?.change,
        };
        let name = regions.keys().find(|name| name.get_ref() == region)?;
        Some(1 + self.text[..name.span().start].matches('\n').count())
    }
}
