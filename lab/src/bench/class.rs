//! A class of students who have all written something else, and how long grading it takes.

use std::path::Path;

use fs_err as fs;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use super::{Bench, LESSON, MODULE_LESSON, Row, edit};
use crate::error::Error;
use crate::exercise::Exercise;
use crate::exercise::values::Seed;

/// One student in so many is graded on the debug kernel, too.
const THOROUGH: usize = 10;

/// Writes the folder of a class: for each student, a file for each exercise. Stubs,
/// solutions and mutants come in turn, each with a line that no other file has. The same
/// arguments give the same bytes.
pub fn write(folder: &Path, exercises: &[Exercise], students: usize) -> std::io::Result<()> {
    for student in 0..students {
        let name = format!("student-{:03}", student + 1);
        for (place, exercise) in exercises.iter().enumerate() {
            let samples = exercise.samples();
            // Not all students make the mistake of the same place in its exercise.
            let sample = &samples[(student + place * 3) % samples.len()];
            let work = folder.join(&name).join(exercise.lesson.name.as_str());
            fs::create_dir_all(&work)?;
            let text = format!("{}// by {name}\n", exercise.sample(sample));
            fs::write(work.join(exercise.file.name()), text)?;
        }
    }
    Ok(())
}

impl Bench<'_> {
    /// Grades classes of so many students, once each, because it takes minutes. Nothing of
    /// theirs is compiled before.
    pub(super) fn classes(&self, students: usize) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        for (what, lesson, options, students, bar) in [
            ("programs", LESSON, &[][..], students, Some(0.3)),
            ("modules", MODULE_LESSON, &[], students, Some(0.6)),
            (
                "modules --thorough",
                MODULE_LESSON,
                &["--thorough"],
                students.div_ceil(THOROUGH),
                None,
            ),
        ] {
            let desk = edit::Desk::new(self.lab)?;
            let exercise = Exercise::read(&self.lab.course.find(lesson)?, Seed::default())?;
            let class = desk.work().join("class");
            // What all submissions share is compiled for the first.
            let first = desk.work().join("first");
            for (folder, students) in [(&first, 1), (&class, students)] {
                write(folder, std::slice::from_ref(&exercise), students)?;
            }
            let grade = |folder: &Path| {
                let folder = folder.to_string_lossy();
                let args: Vec<&str> =
                    ["grade", &*folder].into_iter().chain(options.iter().copied()).collect();
                self.environment(desk.process(self.xtask, &args))
            };
            grade(&first).run()?;
            let before = processor_seconds();
            let usage = grade(&class).run()?;
            let processor = processor_seconds() - before;
            let what = format!("grade {students} {what}, all different");
            let bar = bar.map(|each| each * students as f64);
            rows.push(Row::seconds(&what, bar, vec![usage.seconds]));
            rows.push(Row::seconds(&format!("{what}: processor time"), None, vec![processor]));
        }
        Ok(rows)
    }
}

/// The processor time of all programs that were started here and have ended, seconds.
fn processor_seconds() -> f64 {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) else { return f64::NAN };
    let times = usage.user_time() + usage.system_time();
    times.num_microseconds() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::course::Course;

    #[test]
    fn no_two_files_are_the_same_and_a_class_is_the_same_each_time() {
        let course = Course::open(&builder::root()).unwrap();
        let exercises = ["sigchld", "kill-pid"]
            .map(|name| Exercise::read(&course.find(name).unwrap(), Seed::default()).unwrap());
        let files = |students| {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), &exercises, students).unwrap();
            let mut files = Vec::new();
            for student in fs::read_dir(folder.path()).unwrap() {
                for exercise in &exercises {
                    let work = student.as_ref().unwrap().path().join(exercise.lesson.name.as_str());
                    files.push(fs::read_to_string(work.join(exercise.file.name())).unwrap());
                }
            }
            files.sort();
            files
        };
        let first = files(12);
        assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 24);
        assert_eq!(first, files(12));
    }
}
