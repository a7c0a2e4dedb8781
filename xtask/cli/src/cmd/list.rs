mod on_the_map;

use clap::Args;
use lab::classroom::Work;
use lab::classroom::progress::Progress;
use lab::course::width_of_names;
use lab::error::Error;
use lab::exercise::Exercise;
use lab::exercise::values::Seed;
use serde::Serialize;
use story::lesson::Lesson;
use story::map;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui::{outln, print};

/// List the lessons, one line each
///
/// Example: cargo xtask list
#[derive(Args)]
pub struct List {
    /// Print the map instead: by which way the news of each lesson comes, what becomes of
    /// it, and the facts that show this
    #[arg(long)]
    map: bool,

    /// Print one JSON document instead
    #[arg(long)]
    json: bool,
}

/// The document of `list --json`.
#[derive(Serialize)]
struct Document {
    /// The version of this format: 1.
    version: u32,
    lessons: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    /// The lesson's name, such as `sigchld`.
    name: String,
    /// Its place in the course, from 1.
    number: usize,
    /// The question that the lesson answers.
    title: String,
    summary: String,
    /// The student's standing in the exercise. Absent if there is no exercise.
    exercise: Option<Standing>,
}

#[derive(Serialize)]
struct Standing {
    started: bool,
    /// The most points so far.
    points: u32,
    of: u32,
    hints: usize,
}

impl List {
    pub fn run(self, context: &Context) -> Result {
        let course = context.course()?;
        if self.map {
            let map = course.map()?;
            if self.json {
                outln!("{}", json(&on_the_map::Document::new(&map)));
            } else {
                print(&map::text(&map));
            }
            return Ok(Outcome::SUCCESS);
        }
        let work = context.work()?;
        let progress = work.progress()?;
        let mut lessons = Vec::new();
        for (index, name) in course.names.iter().enumerate() {
            let lesson = course.read(name)?;
            lessons.push(Line {
                name: name.to_string(),
                number: index + 1,
                title: lesson.title.clone(),
                summary: lesson.summary.clone(),
                exercise: standing(&work, &progress, &lesson)?,
            });
        }
        if self.json {
            let document = Document { version: 1, lessons };
            outln!("{}", json(&document));
        } else {
            let width = width_of_names(&course.names);
            for line in lessons {
                outln!(
                    "{:>2} {:<width$} {:<5} {}",
                    line.number,
                    line.name,
                    line.progress(),
                    line.title
                );
            }
        }
        Ok(Outcome::SUCCESS)
    }
}

fn json(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).expect("it is plain data")
}

fn standing(
    work: &Work,
    progress: &Progress,
    lesson: &Lesson,
) -> std::result::Result<Option<Standing>, Error> {
    if !Exercise::exists(lesson) {
        return Ok(None);
    }
    let exercise = Exercise::read(lesson, Seed::default())?;
    let exercised = progress.of(&exercise);
    Ok(Some(Standing {
        started: work.is_started(&exercise),
        points: exercised.points,
        of: exercise.points(),
        hints: exercised.hints,
    }))
}

impl Line {
    /// `3/6`, or nothing if the exercise was not started.
    fn progress(&self) -> String {
        match &self.exercise {
            Some(Standing { started, points, of, .. }) if *started || *points > 0 => {
                format!("{points}/{of}")
            }
            _ => String::new(),
        }
    }
}
