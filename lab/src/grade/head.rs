//! What marks say about themselves: what they are marks for, and which part of a class
//! they are.

use std::collections::BTreeMap;

use builder::cache::{CacheError, Key};
use serde_json::{Value, json};

use super::lesson;
use crate::exercise::Exercise;
use crate::exercise::values::Seed;
use crate::maker::LAB;

/// The version of the JSON document.
const VERSION: u32 = 1;

/// The head of a results document. It is the same on every host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub seed: Seed,
    /// The version of each exercise, by lesson: see [`version_of`].
    pub exercises: BTreeMap<String, String>,
    /// How many students the whole class has.
    pub students: usize,
    /// Which part of how many, from 1, if it is not the whole class.
    pub shard: Option<(usize, usize)>,
}

impl Head {
    pub fn new(
        seed: Seed,
        exercises: &[Exercise],
        students: usize,
        shard: Option<(usize, usize)>,
    ) -> Result<Head, CacheError> {
        let version = |exercise: &Exercise| Ok((lesson(exercise), version_of(exercise)?));
        let exercises = exercises.iter().map(version).collect::<Result<_, CacheError>>()?;
        Ok(Head { seed, exercises, students, shard })
    }

    /// The same for marks of modules from the debug kernel, too. They are of another
    /// version, because they have one more check.
    pub fn thorough(mut self, exercises: &[Exercise]) -> Head {
        for exercise in exercises.iter().filter(|exercise| exercise.has_thorough_check()) {
            if let Some(version) = self.exercises.get_mut(&lesson(exercise)) {
                *version += "+debug";
            }
        }
        self
    }

    /// The document without its results.
    pub fn json(&self) -> Value {
        json!({
            "version": VERSION,
            "lab": LAB,
            "seed": self.seed.0,
            "exercises": self.exercises,
            "students": self.students,
            "shard": self.shard,
        })
    }
}

/// Takes the rows of a results document. The error says why it is none of this version.
pub fn take_rows(document: &mut Value) -> Result<Vec<Value>, String> {
    if document["version"] != VERSION {
        return Err(format!("its version is {}", document["version"]));
    }
    match document["results"].take() {
        Value::Array(rows) => Ok(rows),
        _ => Err("it has no results".to_owned()),
    }
}

/// What the marks of an exercise depend on besides a submission and the seed: the version
/// of the lab, and the exercise's own files.
fn version_of(exercise: &Exercise) -> Result<String, CacheError> {
    let key = Key::builder("exercise").text("lab", LAB);
    Ok(key.tree("exercise", &exercise.folder)?.finish().to_string())
}
