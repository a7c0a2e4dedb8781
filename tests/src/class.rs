//! A whole class, graded twice: the second time nothing is compiled yet, and the bytes are
//! the same.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use lab::bench::class;
use lab::error::Error;
use lab::exercise::Exercise;
use lab::exercise::values::Seed;
use lab::run::Lab;
use libtest_mimic::Failed;

use crate::Test;
use crate::scratch::{ALL, Scratch};
use crate::snapshots::difference;

/// Programs and modules.
const EXERCISES: &[&str] = &["sigchld", "fork-return", "eventfd", "kill-pid", "errno"];

/// How many students a course has.
const STUDENTS: usize = 100;
/// As many as show each stub, solution and mutant of one exercise.
const FEW: usize = 6;

/// A class as large as they come.
pub fn large(lab: &Arc<Lab<'static>>) -> Result<Test, Error> {
    let exercises = exercises(lab, EXERCISES)?;
    let lab = Arc::clone(lab);
    let name = format!("full::class-of-{STUDENTS}");
    Ok(Test::new(name, move || grades_twice(&lab, &exercises, STUDENTS)))
}

/// The same with one exercise and few students.
pub fn small(lab: &Arc<Lab<'static>>) -> Result<Test, Error> {
    let exercises = exercises(lab, &EXERCISES[..1])?;
    let lab = Arc::clone(lab);
    let name = "classroom::a-class-is-graded-twice".to_owned();
    Ok(Test::new(name, move || grades_twice(&lab, &exercises, FEW)))
}

fn exercises(lab: &Lab<'_>, names: &[&str]) -> Result<Vec<Exercise>, Error> {
    names.iter().map(|name| Ok(Exercise::read(&lab.course.find(name)?, Seed::default())?)).collect()
}

fn grades_twice(lab: &Lab<'_>, exercises: &[Exercise], students: usize) -> Result<(), Failed> {
    let mut marks = Vec::new();
    for _ in 0..2 {
        let kinds: Vec<&str> = ALL.iter().copied().chain(["crates"]).collect();
        let scratch = Scratch::new(lab, &kinds)?;
        let class = scratch.folder().join("class");
        class::write(&class, exercises, students)?;
        marks.push(graded(lab, &scratch, &class)?);
    }
    let rows = marks[0].matches("\"submission\": ").count();
    if rows != students * exercises.len() {
        return Err(format!("there are {rows} rows:\n{}", marks[0]).into());
    }
    match marks[0] == marks[1] {
        true => Ok(()),
        false => Err(difference(("once", &marks[0]), ("again", &marks[1])).into()),
    }
}

/// The marks of a class, in all forms that have every row.
fn graded(lab: &Lab<'_>, scratch: &Scratch, class: &Path) -> Result<String, Failed> {
    let outputs = ["marks.json", "marks.csv", "book.csv"].map(|file| scratch.folder().join(file));
    let [json, csv, book] = outputs.each_ref().map(|path| path.to_string_lossy());
    let class = class.to_string_lossy();
    let options = ["--seed", "42", "--json", &json, "--csv", &csv, "--gradebook", &book];
    let args: Vec<&str> = ["grade", &class].into_iter().chain(options).collect();
    let output = scratch.call(lab, &args)?.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        let told = [output.stdout, output.stderr].concat();
        let told = String::from_utf8_lossy(&told).into_owned();
        return Err(format!("{}:\n{told}", output.status).into());
    }
    let texts: Result<Vec<_>, _> = outputs.iter().map(std::fs::read_to_string).collect();
    Ok(texts?.join("\n"))
}
