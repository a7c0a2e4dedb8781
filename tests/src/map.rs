//! Checks that the tables of docs/map.md are those of the lessons' lines.

use lab::course::{CHAPTER, Course, LESSONS};
use libtest_mimic::Failed;
use story::lesson::Lesson;
use story::map::{COLUMNS, Cell, FILE, Map, Way};

use crate::tables::{Page, row, table};

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
    let mut page = Page::read(PAGE)?;
    faults.extend(tables(&map).iter().filter_map(|table| page.put(table).err()));
    faults.extend(page.settle()?);
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
