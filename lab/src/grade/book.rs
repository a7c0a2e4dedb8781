//! The gradebook: one row for each student, with a total and a cell for each exercise,
//! after what the teacher has decided.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::settings::Settings;
use super::table::{self, quoted};

/// A number of points in hundredths, so that nothing is rounded twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hundredths(pub u64);

/// All students of a results document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Book {
    /// The lessons in the order of the course, and what full marks are worth.
    pub lessons: Vec<(String, u32)>,
    pub students: Vec<Student>,
}

/// A row of the gradebook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Student {
    pub name: String,
    /// The student's number or name on the learning platform.
    pub id: Option<String>,
    /// In the order of the book's lessons.
    pub cells: Vec<Cell>,
}

/// A student's result in an exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// `None` if the lab or the host failed, or nothing was graded yet.
    pub points: Option<Hundredths>,
    pub state: State,
    /// Why, in words: of a submission that did not simply run, or of an override.
    pub said: Option<String>,
    /// `None` if there is a deadline but no time.
    pub days_late: Option<u32>,
    /// The name of the mistake, if it is a known one.
    pub mistake: Option<String>,
    /// The names of the checks that failed.
    pub failed: Vec<String>,
}

/// What became of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It ran to its end.
    Ran,
    /// Nothing was handed in.
    Missing,
    /// The file was not accepted.
    Refused,
    NotCompiled,
    /// It did not run to its end.
    Crashed,
    /// The teacher gave the points.
    Overridden,
    /// The lab or the host failed, or it was not graded yet.
    NotGraded,
}

impl State {
    /// What the table calls it, in the order of its columns. A submission that simply ran
    /// is in no column.
    pub const COLUMNS: [State; 6] = [
        State::Missing,
        State::Refused,
        State::NotCompiled,
        State::Crashed,
        State::Overridden,
        State::NotGraded,
    ];

    /// The name in a table.
    pub fn name(self) -> &'static str {
        match self {
            State::Ran => "ran",
            State::Missing => "missing",
            State::Refused => "refused",
            State::NotCompiled => "not compiled",
            State::Crashed => "crashed",
            State::Overridden => "overridden",
            State::NotGraded => "not graded",
        }
    }

    /// The state that an `ending` of the results means.
    fn of(ending: Option<&str>) -> State {
        match ending {
            None => State::Ran,
            Some("missing") => State::Missing,
            Some("refused") => State::Refused,
            Some("not-compiled") => State::NotCompiled,
            Some(_) => State::Crashed,
        }
    }
}

impl Book {
    /// Makes the gradebook of a results document. `course` has the lessons in order.
    pub fn new(document: &Value, course: &[String], settings: &Settings) -> Book {
        let rows = document["results"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let of = |lesson: &str| {
            let row = rows.iter().find(|row| row["lesson"] == lesson && row["of"].is_u64());
            let own = row.and_then(|row| row["of"].as_u64()).unwrap_or(0).try_into().unwrap_or(0);
            settings.weights.get(lesson).copied().unwrap_or(own)
        };
        let known: BTreeSet<String> = rows.iter().map(|row| text(row, "lesson")).collect();
        let lessons: Vec<(String, u32)> = course
            .iter()
            .filter(|lesson| known.contains(*lesson))
            .map(|lesson| (lesson.clone(), of(lesson)))
            .collect();
        let mut order: Vec<String> = rows.iter().map(|row| text(row, "student")).collect();
        let mut seen = BTreeSet::new();
        order.retain(|name| seen.insert(name.clone()));
        let by_whom: BTreeMap<(String, String), &Value> =
            rows.iter().map(|row| ((text(row, "student"), text(row, "lesson")), row)).collect();
        let student = |name: String| {
            let row = |lesson: &str| by_whom.get(&(name.clone(), lesson.to_owned())).copied();
            let id = lessons.iter().find_map(|(lesson, _)| row(lesson)?["id"].as_str());
            let id = settings.ids.get(&name).map(String::as_str).or(id).map(str::to_owned);
            let cell =
                |(lesson, of): &(String, u32)| Cell::new(&name, lesson, *of, row(lesson), settings);
            let cells = lessons.iter().map(cell).collect();
            Student { id, cells, name }
        };
        let students = order.into_iter().map(student).collect();
        Book { lessons, students }
    }

    /// What full marks in everything are worth.
    pub fn of(&self) -> u32 {
        self.lessons.iter().map(|(_, of)| of).sum()
    }

    /// The rows as JSON:
    ///
    /// ```json
    /// [{"student": "alice", "id": "4711", "points": 11.5, "of": 16, "percent": 71.88,
    ///   "exercises": {"sigchld": {"points": 2.5, "of": 6, "state": "ran", "days_late": 1,
    ///                             "said": null}}}]
    /// ```
    ///
    /// `points` and `percent` are null if something was not graded. `state` is `ran`,
    /// `missing`, `refused`, `not compiled`, `crashed`, `overridden` or `not graded`.
    pub fn json(&self) -> Value {
        let student = |student: &Student| {
            let cells = self.lessons.iter().zip(&student.cells);
            let exercises: serde_json::Map<String, Value> = cells
                .map(|((lesson, of), cell)| {
                    let cell = json!({
                        "points": cell.points.map(Hundredths::json),
                        "of": of,
                        "state": cell.state.name(),
                        "said": cell.said,
                        "days_late": cell.days_late,
                    });
                    (lesson.clone(), cell)
                })
                .collect();
            json!({
                "student": student.name,
                "id": student.id,
                "points": student.points().map(Hundredths::json),
                "of": self.of(),
                "percent": student.percent(self.of()).map(Hundredths::json),
                "exercises": exercises,
            })
        };
        self.students.iter().map(student).collect()
    }

    /// The rows as a table: the totals, the points in each exercise, and the exercises
    /// that are missing, were refused and so on, with the reason.
    pub fn csv(&self) -> String {
        let head = ["student", "id", "points", "of", "percent"].map(str::to_owned).into_iter();
        let head = head.chain(self.lessons.iter().map(|(lesson, _)| lesson.clone()));
        let states = State::COLUMNS.map(|state| state.name().to_owned());
        let mut text = table::line(head.chain(states).chain(["late".to_owned()]));
        for student in &self.students {
            let total = student.points().map_or_else(String::new, |points| points.to_string());
            let percent = student.percent(self.of());
            let cells = [
                quoted(&student.name),
                quoted(student.id.as_deref().unwrap_or_default()),
                total,
                self.of().to_string(),
                percent.map_or_else(String::new, |percent| percent.to_string()),
            ];
            let points = student
                .cells
                .iter()
                .map(|cell| cell.points.map_or_else(String::new, |points| points.to_string()));
            let cells = cells.into_iter().chain(points);
            let states = State::COLUMNS.map(|state| {
                quoted(
                    &self.listed(student, |cell| (cell.state == state).then(|| cell.said.clone())),
                )
            });
            let late = self.listed(student, |cell| match cell.days_late {
                Some(0) => None,
                Some(days) => Some(Some(format!("{days} d"))),
                None => Some(Some("no time".to_owned())),
            });
            text += &table::line(cells.chain(states).chain([quoted(&late)]));
        }
        text
    }

    /// The lessons for which there is something to say: `sigchld; kill-pid: why`.
    fn listed(&self, student: &Student, said: impl Fn(&Cell) -> Option<Option<String>>) -> String {
        let cells = self.lessons.iter().zip(&student.cells);
        let listed = cells.filter_map(|((lesson, _), cell)| match said(cell)? {
            Some(why) => Some(format!("{lesson}: {why}")),
            None => Some(lesson.clone()),
        });
        listed.collect::<Vec<_>>().join("; ")
    }
}

impl Student {
    /// The sum of all exercises. `None` if something was not graded.
    pub fn points(&self) -> Option<Hundredths> {
        let points = self.cells.iter().map(|cell| cell.points.map(|points| points.0));
        points.sum::<Option<u64>>().map(Hundredths)
    }

    /// The percentage of what full marks are worth.
    pub fn percent(&self, of: u32) -> Option<Hundredths> {
        let points = self.points()?.0;
        Some(Hundredths(rounded(points * 100, u64::from(of))))
    }
}

impl Cell {
    fn new(student: &str, lesson: &str, of: u32, row: Option<&Value>, settings: &Settings) -> Cell {
        let text = |row: &Value, name: &str| row[name].as_str().map(str::to_owned);
        let graded = row.filter(|row| row["error"].is_null());
        let mut state = match graded {
            None => State::NotGraded,
            Some(row) => State::of(row["ending"].as_str()),
        };
        // A missing submission cannot be late.
        let days_late = match state {
            State::Missing | State::NotGraded => Some(0),
            _ => settings.days_late(student, lesson),
        };
        let earned = graded.map(|row| {
            let (points, own) = (row["points"].as_u64(), row["of"].as_u64());
            let points = points.unwrap_or(0) * 100 * u64::from(of);
            let points = rounded(points, own.unwrap_or(0));
            Hundredths(settings.left(points, days_late.unwrap_or(0)))
        });
        let mut said = match graded {
            Some(row) => text(row, "said"),
            None => row.and_then(|row| text(row, "error")),
        };
        let mut points = earned;
        if let Some(given) = settings.override_of(student, lesson) {
            state = State::Overridden;
            points = Some(Hundredths::of(given.points));
            said = Some(given.reason.clone());
        }
        let checks = graded.and_then(|row| row["checks"].as_array()).into_iter().flatten();
        let failed = checks.filter(|check| check["passed"] == false);
        Cell {
            points,
            state,
            said,
            days_late,
            mistake: graded.and_then(|row| text(row, "mistake")),
            failed: failed.filter_map(|check| text(check, "name")).collect(),
        }
    }
}

impl Hundredths {
    /// A number of whole points.
    pub fn of(points: u32) -> Hundredths {
        Hundredths(u64::from(points) * 100)
    }

    /// The number as JSON.
    pub fn json(self) -> Value {
        // Divided once, so it is the number that is nearest to the decimal one.
        json!(self.0 as f64 / 100.0)
    }
}

impl std::fmt::Display for Hundredths {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.0 / 100, self.0 % 100) {
            (whole, 0) => write!(f, "{whole}"),
            (whole, part) if part % 10 == 0 => write!(f, "{whole}.{}", part / 10),
            (whole, part) => write!(f, "{whole}.{part:02}"),
        }
    }
}

/// A fraction, rounded half up. 0 if there is nothing to divide by.
pub fn rounded(numerator: u64, denominator: u64) -> u64 {
    (numerator + denominator / 2).checked_div(denominator).unwrap_or(0)
}

#[cfg(test)]
pub mod tests;
