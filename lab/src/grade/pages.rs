//! The marks of a class as pages: one of the class, and one of each student.
//!
//! ```text
//! DIR/index.html                       the class
//! DIR/students/alice/index.html        one student
//! DIR/students/alice/sigchld.html      the run of one submission, with its timeline
//! ```

use std::path::{Path, PathBuf};

use fs_err as fs;
use page::{Cell, Report, Table};

use super::book::{Book, Hundredths, State, Student};
use super::statistics::{self, Spread};
use crate::error::Error;
use crate::maker::LAB;
use crate::whole;

/// The name of the pages that are not of a run.
const INDEX: &str = "index.html";

/// The folder with a folder for each student.
const STUDENTS: &str = "students";

/// The page of a submission's run.
pub fn of_run(folder: &Path, student: &str, lesson: &str) -> PathBuf {
    folder.join(STUDENTS).join(student).join(run(lesson))
}

fn run(lesson: &str) -> String {
    format!("{lesson}.html")
}

/// Writes the pages of a class and its students. They lead to the pages of runs that are
/// there already.
pub fn write(folder: &Path, book: &Book) -> Result<(), Error> {
    for student in &book.students {
        let of_student = folder.join(STUDENTS).join(&student.name);
        fs::create_dir_all(&of_student)?;
        let has_run = |lesson: &str| of_run(folder, &student.name, lesson).exists();
        whole::write(&of_student.join(INDEX), of_student_html(book, student, has_run).as_bytes())?;
    }
    Ok(whole::write(&folder.join(INDEX), of_class(book).as_bytes())?)
}

/// The page of the class.
fn of_class(book: &Book) -> String {
    let total = statistics::of_class(book);
    let lead = format!(
        "{} students, {} of them graded in everything. The mean is {}, the median {}.",
        book.students.len(),
        total.count,
        percent(total.mean),
        percent(total.median)
    );
    let head = ["student", "points", "percent"].map(str::to_owned).into_iter();
    let head = head.chain(book.lessons.iter().map(|(lesson, of)| format!("{lesson} ({of})")));
    let rows = book.students.iter().map(|student| {
        let name = Cell {
            path: Some([STUDENTS, &student.name, INDEX].map(str::to_owned).to_vec()),
            ..Cell::text(&student.name)
        };
        let points = Cell::text(student.points().map_or_else(String::new, |n| n.to_string()));
        let percentage = Cell::text(student.percent(book.of()).map_or_else(String::new, percent));
        let cells = book.lessons.iter().zip(&student.cells).map(|((_, of), cell)| {
            let text = match (cell.points, cell.state) {
                (Some(points), State::Ran) => points.to_string(),
                (Some(points), state) => format!("{points}, {}", state.name()),
                (None, state) => state.name().to_owned(),
            };
            Cell { is_good: cell.points.map(|points| is_full(points, *of)), ..Cell::text(text) }
        });
        [name, points, percentage].into_iter().chain(cells).collect()
    });
    let students =
        Table { title: "Students".to_owned(), head: head.collect(), rows: rows.collect() };
    let mut tables = vec![students, of_exercises(book)];
    for one in statistics::of_exercises(book) {
        let row = |what: &str, (name, who): (&&str, &Vec<&str>)| {
            vec![
                Cell::text(what),
                Cell::text(*name),
                Cell::text(who.len().to_string()),
                Cell::text(who.join(", ")),
            ]
        };
        let failed = one.failed.iter().map(|failed| row("fails", failed));
        let mistakes = one.mistakes.iter().map(|mistake| row("makes the mistake", mistake));
        tables.push(Table {
            title: one.lesson.to_owned(),
            head: ["what", "name", "students", "who"].map(str::to_owned).to_vec(),
            rows: failed.chain(mistakes).collect(),
        });
    }
    let title = "The class".to_owned();
    Report { name: name(), title, lead: vec![lead], up: None, tables }.html()
}

fn of_exercises(book: &Book) -> Table {
    let head = ["exercise", "of", "graded", "full marks", "mean", "median", "other endings"];
    let rows = statistics::of_exercises(book).into_iter().map(|one| {
        let Spread { count, mean, median } = one.points;
        let states = one.states.iter().filter(|(state, _)| **state != State::Ran.name());
        let states: Vec<String> = states.map(|(state, count)| format!("{count} {state}")).collect();
        vec![
            Cell::text(one.lesson),
            Cell::text(one.of.to_string()),
            Cell::text(count.to_string()),
            Cell::text(one.full.to_string()),
            Cell::text(mean.to_string()),
            Cell::text(median.to_string()),
            Cell::text(states.join(", ")),
        ]
    });
    let (title, head) = ("Exercises".to_owned(), head.map(str::to_owned).to_vec());
    Table { title, head, rows: rows.collect() }
}

/// The page of a student. `has_run` says whether there is a page of the run.
fn of_student_html(book: &Book, student: &Student, has_run: impl Fn(&str) -> bool) -> String {
    let head = ["exercise", "points", "of", "ending", "checks that fail", "mistake", "late"];
    let rows = book.lessons.iter().zip(&student.cells).map(|((lesson, of), cell)| {
        let path = has_run(lesson).then(|| vec![run(lesson)]);
        let points = cell.points.map_or_else(String::new, |points| points.to_string());
        let is_good = cell.points.map(|points| is_full(points, *of));
        let state = match (&cell.said, cell.state) {
            (Some(said), state) => format!("{}: {said}", state.name()),
            (None, State::Ran) => String::new(),
            (None, state) => state.name().to_owned(),
        };
        let late = match cell.days_late {
            Some(0) => String::new(),
            Some(1) => "a day".to_owned(),
            Some(days) => format!("{days} days"),
            None => "no time".to_owned(),
        };
        vec![
            Cell { path, ..Cell::text(lesson) },
            Cell { is_good, ..Cell::text(points) },
            Cell::text(of.to_string()),
            Cell::text(state),
            Cell::text(cell.failed.join(", ")),
            Cell::text(cell.mistake.as_deref().unwrap_or_default()),
            Cell::text(late),
        ]
    });
    let total = match (student.points(), student.percent(book.of())) {
        (Some(points), Some(percentage)) => {
            format!("{points} of {} points, {}.", book.of(), percent(percentage))
        }
        _ => "Not everything was graded.".to_owned(),
    };
    let lead = std::iter::once(total).chain(student.id.iter().map(|id| format!("Known as {id}.")));
    let up = ["..", "..", INDEX].map(str::to_owned).to_vec();
    Report {
        name: name(),
        title: student.name.clone(),
        lead: lead.collect(),
        up: Some(Cell { path: Some(up), ..Cell::text("The class") }),
        tables: vec![Table {
            title: "Exercises".to_owned(),
            head: head.map(str::to_owned).to_vec(),
            rows: rows.collect(),
        }],
    }
    .html()
}

fn name() -> String {
    format!("upcall {LAB}")
}

fn percent(percentage: Hundredths) -> String {
    format!("{percentage} %")
}

fn is_full(points: Hundredths, of: u32) -> bool {
    points >= Hundredths::of(of)
}

#[cfg(test)]
mod tests {
    use super::super::book::tests::book;
    use super::super::settings::Settings;
    use super::*;

    /// The rows of all tables of a page, as text.
    fn rows(page: &str) -> Vec<String> {
        let text = |html: &str| {
            let parts = html.split('<').enumerate();
            parts
                .map(|(n, part)| if n == 0 { part } else { part.split_once('>').unwrap().1 })
                .collect::<String>()
        };
        let row = |row: &str| {
            let row = row.split("</tr>").next().unwrap_or_default();
            row.split("</td>").map(text).collect::<Vec<_>>().join("|")
        };
        page.split("<tr>").skip(1).filter(|row| row.contains("<td")).map(row).collect()
    }

    #[test]
    fn the_class_is_a_page() {
        let page = of_class(&book(&Settings::default()));
        assert!(page.contains(
            "6 students, 3 of them graded in everything. The mean is 44.44 %, the median 33.33 %."
        ));
        assert!(page.contains("<a href=\"./students/%3Dbob/index.html\">=bob</a>"));
        // The marks of those who have all points, and of those who have not.
        assert_eq!(page.matches("<td class=\"good\">").count(), 3);
        assert!(page.contains("<td class=\"good\">3</td>"));
        assert_eq!(
            rows(&page),
            [
                "ann|7|77.78 %|1|6|",
                "=bob|2|22.22 %|2|0, refused|",
                "cat|3|33.33 %|3|0, crashed|",
                "dan|||not graded|0, missing|",
                "dan2|||not graded|0, not compiled|",
                "eve|||3|not graded|",
                "yards|3|4|2|2.25|2.5|2 not graded|",
                "x|6|5|1|1.2|0|1 crashed, 1 missing, 1 not compiled, 1 not graded, 1 refused|",
                "fails|b|2|ann, =bob|",
                "makes the mistake|one-wait|1|=bob|",
                "fails|a|1|cat|",
                "fails|b|1|cat|",
            ]
        );
    }

    #[test]
    fn a_student_is_a_page_that_leads_to_the_runs() {
        let book = book(&Settings::default());
        let page = of_student_html(&book, &book.students[1], |lesson| lesson == "yards");
        assert!(page.contains("2 of 9 points, 22.22 %."));
        assert!(page.contains("<a href=\"./../../index.html\">The class</a>"));
        assert!(page.contains("<a href=\"./yards.html\">yards</a>"));
        assert_eq!(
            rows(&page),
            ["yards|2|3||b|one-wait||", "x|0|6|refused: `main.rs` is longer than 256 KiB|a, b|||",]
        );
        let page = of_student_html(&book, &book.students[5], |_| false);
        assert!(page.contains("Not everything was graded."));
    }

    #[test]
    fn pages_are_written_and_lead_to_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let run = of_run(folder.path(), "ann", "x");
        std::fs::create_dir_all(run.parent().unwrap()).unwrap();
        std::fs::write(&run, "").unwrap();
        write(folder.path(), &book(&Settings::default())).unwrap();
        let read = |path: &str| std::fs::read_to_string(folder.path().join(path)).unwrap();
        assert!(read("index.html").contains("./students/ann/index.html"));
        let ann = read("students/ann/index.html");
        assert!(ann.contains("./x.html") && !ann.contains("./yards.html"));
        assert!(!read("students/eve/index.html").contains("./x.html"));
    }
}
