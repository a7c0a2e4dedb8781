//! What marks say about themselves: what they are marks for, and which part of a class
//! they are.

use std::collections::{BTreeMap, BTreeSet};

use builder::cache::{CacheError, Key, KeyBuilder};
use serde_json::{Value, json};

use super::class::Class;
use super::lesson;
use crate::exercise::Exercise;
use crate::exercise::values::Seed;
use crate::maker::{self, LAB};
use crate::shard::Shard;

/// The version of the JSON document.
const VERSION: u32 = 1;

/// The head of a results document. It is the same on every host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub seed: Seed,
    /// The version of each exercise, by lesson: see [`version_of`].
    pub exercises: BTreeMap<String, String>,
    /// The names of the whole class.
    pub class: BTreeSet<String>,
    /// Which part it is, if it is not the whole class.
    pub shard: Option<Shard>,
}

impl Head {
    pub fn new(
        seed: Seed,
        exercises: &[Exercise],
        class: &Class,
        shard: Option<Shard>,
    ) -> Result<Head, CacheError> {
        let lab = maker::sources(Key::builder("exercise"))?;
        let version = |exercise: &Exercise| Ok((lesson(exercise), version_of(&lab, exercise)?));
        let exercises = exercises.iter().map(version).collect::<Result<_, CacheError>>()?;
        let class = class.students.iter().map(|student| student.name.clone()).collect();
        Ok(Head { seed, exercises, class, shard })
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
            "class": key_of(&self.class),
            "students": self.class.len(),
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

/// A hash of the names of a class, in their order.
pub fn key_of<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let key = Key::builder("class");
    let key = names.into_iter().fold(key, |key, name| key.text("student", name.as_ref()));
    key.finish().to_string()
}

/// What the marks of an exercise depend on besides a submission and the seed: the lab, the
/// exercise's own files, and its lesson's crate, which a harness may use.
fn version_of(lab: &KeyBuilder, exercise: &Exercise) -> Result<String, CacheError> {
    let key = lab.clone().tree("lesson", &exercise.lesson.folder.join("src"))?;
    Ok(key.tree("exercise", &exercise.folder)?.finish().to_string())
}
