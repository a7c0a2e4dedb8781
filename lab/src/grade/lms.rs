//! The gradebook as learning platforms import it.
//!
//! Canvas reads a gradebook as in `lib/gradebook_importer.rb` of
//! <https://github.com/instructure/canvas-lms>: a head with `Student`, `ID` and `Section`,
//! a row of `Points Possible`, and a column for each assignment, which is named by its
//! title and, if there is one, its number: `Reap every child (815)`.
//!
//! Moodle reads an assignment's grading worksheet as in
//! `mod/assign/feedback/offline/importgradeslib.php` of
//! <https://github.com/moodle/moodle>: `Identifier`, such as `Participant 4711`, `Grade` and
//! `Last modified (grade)` have to be there, in the language of the person who imports it.

use super::book::{Book, Hundredths, Student};
use super::settings::Settings;
use super::table::{self, quoted};

/// All exercises, for Canvas. A student who has a number is found by it, one who has
/// another name by that login, and one who has neither by the name.
pub fn canvas(book: &Book, settings: &Settings) -> String {
    let head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"].map(str::to_owned);
    let columns = book
        .lessons
        .iter()
        .map(|(lesson, _)| quoted(settings.columns.get(lesson).unwrap_or(lesson)));
    let mut text = table::line(head.into_iter().chain(columns));
    let possible = ["Points Possible", "", "", "", ""].map(str::to_owned);
    let of = book.lessons.iter().map(|(_, of)| of.to_string());
    text += &table::line(possible.into_iter().chain(of));
    for student in &book.students {
        let id = student.id.as_deref().unwrap_or_default();
        let is_number = id.bytes().all(|byte| byte.is_ascii_digit());
        let (number, login) = if is_number { (id, "") } else { ("", id) };
        let cells = [&student.name, number, "", login, ""].map(quoted);
        let points = student.cells.iter().map(|cell| shown(cell.points));
        text += &table::line(cells.into_iter().chain(points));
    }
    text
}

/// One exercise, for the worksheet of an assignment on Moodle. Students without a number
/// are not in it: see [`without_number`].
pub fn moodle(book: &Book, lesson: &str) -> String {
    let head = ["Identifier", "Full name", "Grade", "Maximum Grade", "Last modified (grade)"];
    let mut text = table::line(head.map(str::to_owned));
    let Some(at) = book.lessons.iter().position(|(name, _)| name == lesson) else { return text };
    for student in &book.students {
        let Some(id) = student.id.as_deref().filter(|id| is_number(id)) else { continue };
        text += &table::line([
            format!("Participant {id}"),
            quoted(&student.name),
            shown(student.cells[at].points),
            book.lessons[at].1.to_string(),
            "-".to_owned(),
        ]);
    }
    text
}

/// The students whom Moodle would not find.
pub fn without_number(book: &Book) -> Vec<&str> {
    let has_number = |student: &&Student| student.id.as_deref().is_some_and(is_number);
    let without = book.students.iter().filter(|student| !has_number(student));
    without.map(|student| student.name.as_str()).collect()
}

fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// Points in a cell. An empty one leaves Moodle's grade as it is.
fn shown(points: Option<Hundredths>) -> String {
    points.map_or_else(String::new, |points| points.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::book::tests::book;
    use super::super::settings::tests::settings;
    use super::*;

    fn decided() -> Settings {
        let text = "[ids]\n\"=bob\" = \"b12\"\ncat = \"13\"\n\
                    [columns]\nx = \"Reap, every child (815)\"\n";
        settings(text, "").unwrap()
    }

    /// What Canvas's importer wants of a head: the conditions of its
    /// `row_has_student_headers?`, `update_column_count` and `header?`.
    fn canvas_accepts(head: &[&str]) -> bool {
        let columns = match (head[2], head[3]) {
            ("SIS User ID", "SIS Login ID") => 5,
            _ => 3,
        };
        head.len() > 3
            && head[0].contains("Student")
            && head[1].contains("ID")
            && head[columns - 1].contains("Section")
    }

    #[test]
    fn canvas_gets_a_column_for_each_assignment() {
        let settings = decided();
        let expected = "\
Student,ID,SIS User ID,SIS Login ID,Section,yards,\"Reap, every child (815)\"\r
Points Possible,,,,,3,6\r
ann,4711,,,,1,6\r
'=bob,,,b12,,2,0\r
cat,13,,,,3,0\r
dan,,,,,,0\r
dan2,,,,,,0\r
eve,,,,,3,\r
";
        let found = canvas(&book(&settings), &settings);
        assert_eq!(found, expected);
        let head: Vec<&str> = found.lines().next().unwrap().split(',').collect();
        assert!(canvas_accepts(&head));
        assert!(!canvas_accepts(&["Student", "ID", "yards", "x"]));
    }

    #[test]
    fn moodle_gets_a_worksheet_of_one_assignment() {
        let book = book(&decided());
        let expected = "\
Identifier,Full name,Grade,Maximum Grade,Last modified (grade)\r
Participant 4711,ann,6,6,-\r
Participant 13,cat,0,6,-\r
";
        assert_eq!(moodle(&book, "x"), expected);
        assert_eq!(without_number(&book), ["=bob", "dan", "dan2", "eve"]);
    }
}
