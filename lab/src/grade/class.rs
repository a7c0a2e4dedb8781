//! The students of a class, and what each of them handed in: in folders or archives, with
//! the lessons' names or with those that a learning platform gives.

mod finder;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use explain::visible;
use process::Temporary;
use story::lesson::Name;

use self::finder::Finder;
use super::GradeError;
use crate::course::Course;
use crate::exercise::Exercise;
use crate::exercise::submission::{Refused, Submission};
use crate::shard::Shard;

/// Every student whose work is to be graded, in order of names.
#[derive(Debug, Clone, Default)]
pub struct Class {
    pub students: Vec<Student>,
    /// What was left out of an archive of the class.
    left_out: Vec<String>,
    /// Where archives were unpacked.
    unpacked: Option<Arc<Temporary>>,
}

/// One student.
#[derive(Debug, Clone)]
pub struct Student {
    /// The folder's name. Bytes that are not UTF-8 became U+FFFD.
    pub name: String,
    /// A learning platform's number of the student.
    pub id: Option<String>,
    /// What was handed in for each lesson.
    pub work: BTreeMap<Name, Handed>,
    /// Why there is nothing else, if something else was handed in.
    pub problem: Option<Refused>,
    /// What to tell the teacher.
    notes: Vec<Note>,
}

/// What a student handed in for a lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// A folder of the lesson's.
    Folder(PathBuf),
    /// A file outside such a folder.
    File {
        path: PathBuf,
        /// The student's other files that are in no folder.
        ignored: Vec<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Note {
    /// The same for everybody who has such a name.
    Once(String),
    Student(String),
}

/// What the names of folders and files can mean.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub course: &'a Course,
    /// Each exercise that may be graded, with the name of the student's file.
    pub files: &'a [(Name, String)],
}

/// The names and paths in a folder, in order.
type Entries = Vec<(String, PathBuf)>;

impl Class {
    /// Finds students in folders and archives. A folder that contains folders named like
    /// lessons is one student's. Any other folder contains students' folders, their
    /// archives, or what a learning platform makes of them. Other files, and names that
    /// start with a dot, are ignored.
    pub fn find(places: &[PathBuf], known: Known<'_>) -> Result<Class, GradeError> {
        let mut finder = Finder { known, class: Class::default(), archives: 0 };
        for place in places {
            finder.place(place)?;
        }
        let mut class = finder.class;
        class.students.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(twice) = class.students.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(GradeError::Twice { name: twice[0].name.clone() });
        }
        Ok(class)
    }

    /// A part of the class.
    #[must_use]
    pub fn shard(self, shard: Shard) -> Class {
        Class { students: shard.take(self.students).collect(), ..self }
    }

    /// What to tell about the names that were found: what is the same for several
    /// students once, then the rest, student by student.
    pub fn notes(&self) -> Vec<String> {
        let (mut once, mut notes) = (BTreeSet::new(), self.left_out.clone());
        for student in &self.students {
            for note in &student.notes {
                match note {
                    Note::Once(text) => drop(once.insert(text.clone())),
                    Note::Student(text) => notes.push(format!("{}: {text}", student.name)),
                }
            }
        }
        once.into_iter().chain(notes).map(|note| visible(&note)).collect()
    }

    /// The exercises for which at least one student has handed in something.
    pub fn attempted(&self, exercises: Vec<Exercise>) -> Vec<Exercise> {
        let attempted = |exercise: &Exercise| {
            self.students.iter().any(|student| student.work.contains_key(&exercise.lesson.name))
        };
        exercises.into_iter().filter(attempted).collect()
    }
}

impl Student {
    fn new(name: String) -> Student {
        Student { name, id: None, work: BTreeMap::new(), problem: None, notes: Vec::new() }
    }

    /// Takes the file that was handed in for an exercise.
    pub fn submission(&self, exercise: &Exercise) -> Result<Submission, Refused> {
        let lesson = &exercise.lesson.name;
        match (self.work.get(lesson), &self.problem) {
            (Some(Handed::Folder(folder)), _) => Submission::take(folder, exercise.file.name()),
            (Some(Handed::File { path, ignored }), _) => {
                let shown = Path::new(lesson.as_str()).join(exercise.file.name());
                Submission::read(path, shown, ignored.clone())
            }
            (None, Some(problem)) => Err(problem.clone()),
            (None, None) => Err(Refused::missing(PathBuf::from(lesson.as_str()))),
        }
    }

    fn note(&mut self, text: String) {
        self.notes.push(Note::Student(text));
    }
}

impl Known<'_> {
    /// The lesson that a folder's name means, and whether it only says the place in the
    /// course. A place alone, `5`, may be anything.
    fn meant(&self, folder: &str) -> Option<(Name, bool)> {
        if let Some(name) = Name::of_work(folder).filter(|name| self.course.names.contains(name)) {
            return Some((name, false));
        }
        let place = folder.strip_prefix("lesson-")?;
        let digits = place.bytes().all(|byte| byte.is_ascii_digit());
        let place: usize = place.parse().ok().filter(|_| digits)?;
        Some((self.course.names.get(place.checked_sub(1)?)?.clone(), true))
    }

    fn is_exercise(&self, lesson: &Name) -> bool {
        self.files.iter().any(|(name, _)| name == lesson)
    }

    /// The exercises that a file's name is the name of.
    fn of_file(&self, file: &str) -> Vec<&Name> {
        self.files.iter().filter(|(_, name)| name == file).map(|(lesson, _)| lesson).collect()
    }
}

#[cfg(test)]
mod tests;
