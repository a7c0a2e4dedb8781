use clap::Args;
use serde::Serialize;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::outln;

/// List the lessons, one line each
///
/// Example: cargo xtask list
#[derive(Args)]
pub struct List {
    /// Print one JSON document instead
    #[arg(long)]
    json: bool,
}

/// The document of `list --json`.
#[derive(Serialize)]
struct Document {
    /// Of this document: 1.
    version: u32,
    lessons: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    /// `lesson-01-sigchld`
    name: String,
    number: u8,
    /// The driving question.
    title: String,
    summary: String,
}

impl List {
    pub fn run(self, context: &Context) -> Result {
        let course = context.course()?;
        let mut lessons = Vec::new();
        for name in &course.names {
            let lesson = course.read(name)?;
            lessons.push(Line {
                name: name.to_string(),
                number: name.number,
                title: lesson.title,
                summary: lesson.summary,
            });
        }
        if self.json {
            let document = Document { version: 1, lessons };
            outln!("{}", serde_json::to_string_pretty(&document).expect("it is plain data"));
        } else {
            for line in lessons {
                outln!("{:<26} {}", line.name, line.title);
            }
        }
        Ok(Outcome::SUCCESS)
    }
}
