//! The options for what is written about a class, which was graded now or earlier.

use std::path::{Path, PathBuf};

use builder::progress::Progress;
use clap::Args;
use explain::visible;
use lab::course::Course;
use lab::error::Error;
use lab::grade::book::Book;
use lab::grade::settings::Settings;
use lab::grade::{GradeError, lms, pages, results, statistics};
use lab::whole;
use serde_json::Value;

#[derive(Args)]
pub struct Books {
    /// Write the marks as JSON
    #[arg(long, value_name = "PATH")]
    pub json: Option<PathBuf>,

    /// Write the marks as a table
    #[arg(long, value_name = "PATH")]
    csv: Option<PathBuf>,

    /// Write the marks as JUnit
    #[arg(long, value_name = "PATH")]
    junit: Option<PathBuf>,

    /// Write a table with one row for each student: totals, and the points in each exercise
    #[arg(long, value_name = "PATH")]
    gradebook: Option<PathBuf>,

    /// Write the gradebook as Canvas imports it
    #[arg(long, value_name = "PATH")]
    canvas: Option<PathBuf>,

    /// Write one exercise as the grading worksheet that Moodle imports
    #[arg(long, value_name = "PATH")]
    pub moodle: Option<PathBuf>,

    /// Write pages for the teacher: of the class, of each student, and of each run with its timeline
    #[arg(long, value_name = "DIR")]
    pub html: Option<PathBuf>,

    /// Weights, deadlines, overrides and ids for gradebooks: see docs/classroom.md
    #[arg(long, value_name = "CLASS.TOML")]
    class: Option<PathBuf>,
}

/// A results document with its gradebook.
pub struct Written {
    pub document: Value,
    book: Book,
    settings: Settings,
}

impl Written {
    /// The document as it is written.
    pub fn json(&self) -> String {
        format!("{:#}\n", self.document)
    }
}

impl Books {
    /// What the teacher has decided.
    pub fn settings(&self, course: &Course) -> Result<Settings, Error> {
        Ok(match &self.class {
            Some(file) => Settings::read(file, course)?,
            None => Settings::default(),
        })
    }

    /// Checks that everything can be written, before it takes an hour to have it.
    pub fn check(&self) -> Result<(), Error> {
        let Books { json, csv, junit, gradebook, canvas, moodle, .. } = self;
        let files = [json, csv, junit, gradebook, canvas, moodle];
        for file in files.into_iter().flatten() {
            whole::check(file)?;
        }
        self.html.iter().try_for_each(|folder| check_folder(folder))
    }

    /// Adds the gradebook to a results document.
    pub fn complete(mut document: Value, course: &Course, settings: Settings) -> Written {
        let course: Vec<String> = course.names.iter().map(ToString::to_string).collect();
        let book = Book::new(&document, &course, &settings);
        document["gradebook"] = book.json();
        document["statistics"] = statistics::json(&book);
        Written { document, book, settings }
    }

    /// Writes everything that was asked for. `lessons` are those that were graded.
    pub fn write(
        &self,
        written: &Written,
        lessons: &[String],
        ui: &dyn Progress,
    ) -> Result<(), Error> {
        let Written { document, book, settings } = written;
        write(self.json.as_deref(), || written.json())?;
        write(self.csv.as_deref(), || results::csv(document))?;
        write(self.junit.as_deref(), || results::junit(document))?;
        write(self.gradebook.as_deref(), || book.csv())?;
        write(self.canvas.as_deref(), || lms::canvas(book, settings))?;
        if let Some(file) = &self.moodle {
            let [lesson] = lessons else {
                return Err(GradeError::Worksheet { count: lessons.len() }.into());
            };
            write(Some(file), || lms::moodle(book, lesson))?;
            for student in lms::without_number(book) {
                ui.note(&format!("{} has no number on Moodle, and is left out", visible(student)));
            }
        }
        if let Some(folder) = &self.html {
            pages::write(folder, book)?;
        }
        // The others may be in another part of the class.
        if !document["shard"].is_null() {
            return Ok(());
        }
        let students: Vec<&str> = book.students.iter().map(|one| one.name.as_str()).collect();
        for stranger in settings.strangers(&students) {
            ui.note(&format!("`{stranger}` of `class.toml` is nobody in the class"));
        }
        Ok(())
    }
}

/// Makes a folder, and checks that files can be written there.
pub fn check_folder(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    Ok(whole::check(&folder.join("student"))?)
}

pub fn write(path: Option<&Path>, text: impl FnOnce() -> String) -> Result<(), Error> {
    let Some(path) = path else { return Ok(()) };
    Ok(whole::write(path, text().as_bytes())?)
}
