//! The students of a class, found in folders.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use explain::visible;
use fs_err as fs;
use story::lesson::Name;

use super::GradeError;
use crate::classroom::{folder_of, folders_of};
use crate::course::Course;
use crate::exercise::Exercise;
use crate::exercise::submission::Refused;

/// Every student whose work is to be graded, in order of names.
#[derive(Debug, Clone, Default)]
pub struct Class {
    pub students: Vec<Student>,
}

/// One student.
#[derive(Debug, Clone)]
pub struct Student {
    /// The folder's name. Bytes that are not UTF-8 became U+FFFD.
    pub name: String,
    pub folder: PathBuf,
    /// Why nothing in the folder can be graded.
    pub problem: Option<Refused>,
}

impl Class {
    /// Finds students in folders. A folder that contains folders named like lessons is
    /// one student's. Any other folder contains students' folders. Files and names that
    /// start with a dot are ignored.
    pub fn find(folders: &[PathBuf], lessons: &[Name]) -> Result<Class, GradeError> {
        let mut students = Vec::new();
        for folder in folders {
            let entries = list(folder)?;
            if entries.iter().any(|(name, _)| is_work(name, lessons)) {
                let folder = fs::canonicalize(folder)?;
                students.push(student(name_of(&folder), folder));
            } else {
                let is_student = |(name, path): &(String, PathBuf)| {
                    !name.starts_with('.') && (path.is_dir() || path.is_symlink())
                };
                let found = entries.into_iter().filter(is_student);
                students.extend(found.map(|(name, path)| student(name, path)));
            }
        }
        students.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some(twice) = students.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(GradeError::Twice { name: twice[0].name.clone() });
        }
        Ok(Class { students })
    }

    /// The part `part` of `of` parts of the class, counted from 1.
    #[must_use]
    pub fn shard(self, part: usize, of: usize) -> Class {
        let students = self.students.into_iter().enumerate();
        let students = students.filter(|(index, _)| index % of == part - 1);
        Class { students: students.map(|(_, student)| student).collect() }
    }

    /// Notes on the folders to be graded. A number that is now another lesson's is
    /// reported once for the whole class. If a student has several folders for a lesson,
    /// the note says which one is graded.
    pub fn odd_names(&self, lessons: &[&Name], course: &Course) -> Vec<String> {
        let (mut numbers, mut left) = (BTreeSet::new(), Vec::new());
        for student in self.students.iter().filter(|student| student.problem.is_none()) {
            for name in lessons {
                let folders = folders_of(&student.folder, name);
                let Some((taken, others)) = folders.split_first() else { continue };
                numbers.extend(course.numbered_otherwise(taken));
                left.extend(others.iter().map(|other| {
                    format!("{}: `{taken}` is graded, and `{other}` is not", visible(&student.name))
                }));
            }
        }
        numbers.into_iter().chain(left).collect()
    }

    /// The exercises for which at least one student has handed in something.
    pub fn attempted(&self, exercises: Vec<Exercise>) -> Vec<Exercise> {
        let by = |student: &Student, exercise: &Exercise| {
            let folder = folder_of(&student.folder, &exercise.lesson.name);
            student.problem.is_none() && folder.symlink_metadata().is_ok()
        };
        let attempted =
            |exercise: &Exercise| self.students.iter().any(|student| by(student, exercise));
        exercises.into_iter().filter(attempted).collect()
    }
}

/// Whether a folder's name is that of a student's work for a lesson.
fn is_work(folder: &str, lessons: &[Name]) -> bool {
    Name::of_work(folder).is_some_and(|name| lessons.contains(&name))
}

fn student(name: String, folder: PathBuf) -> Student {
    let problem = folder
        .is_symlink()
        .then(|| Refused::NotFolder { path: PathBuf::from(&name), what: "a symbolic link" });
    Student { name, folder, problem }
}

fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The names and paths in a folder.
fn list(folder: &Path) -> Result<Vec<(String, PathBuf)>, GradeError> {
    fs::read_dir(folder)?
        .map(|entry| {
            let entry = entry?;
            Ok((entry.file_name().to_string_lossy().into_owned(), entry.path()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn lessons() -> [Name; 1] {
        ["x".parse().unwrap()]
    }

    fn folders(root: &Path, paths: &[&str]) {
        for path in paths {
            std::fs::create_dir_all(root.join(path)).unwrap();
        }
    }

    fn names(class: &Class) -> Vec<&str> {
        class.students.iter().map(|student| student.name.as_str()).collect()
    }

    #[test]
    fn a_folder_of_students_and_a_students_folder_are_told_apart() {
        let root = tempfile::tempdir().unwrap();
        folders(root.path(), &["class/bob/lesson-01-x", "class/alice", "class/.git", "carol/x"]);
        std::fs::write(root.path().join("class/README"), "").unwrap();
        let paths = ["class", "carol"].map(|name| root.path().join(name));
        let class = Class::find(&paths, &lessons()).unwrap();
        assert_eq!(names(&class), ["alice", "bob", "carol"]);
        assert_eq!(names(&class.clone().shard(1, 2)), ["alice", "carol"]);
        assert_eq!(names(&class.shard(2, 2)), ["bob"]);
    }

    #[test]
    fn a_number_that_is_another_lessons_is_said_once_and_a_second_folder_of_each() {
        let root = tempfile::tempdir().unwrap();
        folders(root.path(), &["alice/lesson-02-x", "bob/lesson-02-x"]);
        folders(root.path(), &["carol/x", "carol/lesson-02-x", "dan/y"]);
        let names = ["x", "y"].map(|name| name.parse().unwrap());
        let class = Class::find(&[root.path().to_owned()], &names).unwrap();
        let course = Course { root: PathBuf::new(), names: names.to_vec() };
        assert_eq!(
            class.odd_names(&[&names[0], &names[1]], &course),
            [
                "`lesson-02-x` means x; lesson-2 is y now",
                "carol: `x` is graded, and `lesson-02-x` is not"
            ]
        );
    }

    #[test]
    fn a_linked_folder_is_a_student_without_files() {
        let root = tempfile::tempdir().unwrap();
        folders(root.path(), &["class/bob/x"]);
        symlink("/etc", root.path().join("class/eve")).unwrap();
        let class = Class::find(&[root.path().join("class")], &lessons()).unwrap();
        assert_eq!(names(&class), ["bob", "eve"]);
        let problem = class.students[1].problem.as_ref().unwrap();
        assert_eq!(problem.to_string(), "`eve` is a symbolic link, not a folder");
    }

    #[test]
    fn two_students_of_one_name_are_an_error() {
        let root = tempfile::tempdir().unwrap();
        folders(root.path(), &["a/bob", "b/bob"]);
        let paths = ["a", "b"].map(|name| root.path().join(name));
        assert_eq!(
            Class::find(&paths, &lessons()).unwrap_err().to_string(),
            "two students are called `bob`"
        );
    }
}
