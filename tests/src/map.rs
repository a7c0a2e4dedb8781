//! Checks that the tables of docs/map.md are those of the lessons' lines.
//!
//! A table is known by its first line. `cargo xtask test --accept tidy` updates the tables.

use lab::course::{CHAPTER, Course, LESSONS};
use libtest_mimic::Failed;
use story::lesson::Lesson;
use story::map::{COLUMNS, Cell, FILE, Map, Way};

use crate::snapshots::{difference, is_accepting};

/// The page with the map.
pub const PAGE: &str = "docs/map.md";

/// Lessons without a line, cells that cannot be read, and tables that are not today's.
pub fn check(_: &[Lesson]) -> Result<Vec<String>, Failed> {
    let map = match Course::open(&builder::root()).and_then(|course| course.map()) {
        Ok(map) => map,
        Err(error) => return Ok(vec![error.to_string()]),
    };
    let lacking = map.lessons.iter().filter(|(_, line)| line.is_none());
    let mut faults: Vec<String> =
        lacking.map(|(lesson, _)| format!("{} lacks its {FILE}", lesson.name)).collect();
    let path = builder::root().join(PAGE);
    let text = std::fs::read_to_string(&path)?;
    let mut updated = text.clone();
    for table in tables(&map) {
        match replaced(&updated, &table) {
            Some(new) => updated = new,
            None => faults.push(format!("{PAGE} lacks the table `{}`", head(&table))),
        }
    }
    if is_accepting() {
        std::fs::write(&path, updated)?;
    } else if updated != text {
        faults.push(format!(
            "{PAGE} is not today's; `cargo xtask test --accept tidy` writes its tables\n{}",
            difference((PAGE, &text), ("today's", &updated))
        ));
    }
    Ok(faults)
}

/// The page's tables, each ending with a newline: what each lesson answers, the facts that
/// show it, and the places without a lesson.
fn tables(map: &Map) -> [String; 3] {
    let mut answers = table(&[&["lesson", "way"], &COLUMNS[..]].concat());
    let mut shown = table(&["lesson", "cell", "shown by"]);
    for (lesson, line) in &map.lessons {
        let link = format!("[{0}](../{LESSONS}/{0}/{CHAPTER})", lesson.name);
        let Some(line) = line else { continue };
        let mut answer = vec![link.clone(), numbers(line.ways.keys())];
        for (way, facts) in &line.ways {
            shown += &row(&[&link, &format!("way {}", way.number()), &quoted(facts)]);
        }
        for (column, cell) in line.columns() {
            let (says, why) = match cell {
                Cell::Says { text, facts } => (text.as_str(), quoted(facts)),
                Cell::None { why } => ("—", why.clone()),
            };
            answer.push(says.to_owned());
            shown += &row(&[&link, column, &why]);
        }
        answers += &row(&answer.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let mut unbuilt = table(&["place", "way", "its question", "what a lesson would show"]);
    for place in &map.unbuilt {
        let ways = numbers(place.ways.iter());
        unbuilt += &row(&[&place.name, &ways, &place.question, &place.would_show]);
    }
    [answers, unbuilt, shown]
}

/// The first two lines of a table with these heads.
pub fn table(heads: &[&str]) -> String {
    row(heads) + &format!("|{}\n", "---|".repeat(heads.len()))
}

/// A line of a table.
pub fn row(cells: &[&str]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn numbers<'a>(ways: impl Iterator<Item = &'a Way>) -> String {
    let numbers: Vec<String> = ways.map(|way| way.number().to_string()).collect();
    match numbers.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

fn quoted(facts: &[String]) -> String {
    facts.iter().map(|fact| format!("*✓ {fact}*")).collect::<Vec<_>>().join(", ")
}

fn head(table: &str) -> &str {
    table.lines().next().unwrap_or_default()
}

/// A page with a table in the place of the one with the same head. `None` if it has none.
pub fn replaced(page: &str, table: &str) -> Option<String> {
    let start = page.find(&format!("\n{}\n", head(table)))? + 1;
    let length = page[start..].split_inclusive('\n').take_while(|line| line.starts_with('|'));
    let end = start + length.map(str::len).sum::<usize>();
    Some(page[..start].to_owned() + table + &page[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_table_with_the_same_head_is_replaced() {
        let page = "# Map\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nText\n\n| c |\n|---|\n";
        let table = "| a | b |\n|---|---|\n| 3 | 4 |\n| 5 | 6 |\n";
        assert_eq!(
            replaced(page, table).as_deref(),
            Some("# Map\n\n| a | b |\n|---|---|\n| 3 | 4 |\n| 5 | 6 |\n\nText\n\n| c |\n|---|\n")
        );
        assert_eq!(replaced(page, "| d |\n|---|\n"), None);
    }
}
