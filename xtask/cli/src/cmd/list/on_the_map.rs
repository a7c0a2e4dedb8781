//! The document of `list --map --json`.

use serde::Serialize;
use story::map::{self, Cell, Map, Unbuilt, Way};

#[derive(Serialize)]
pub struct Document<'a> {
    /// The version of this format: 1.
    version: u32,
    /// The lessons in the order of the course.
    lessons: Vec<Lesson<'a>>,
    /// The places without a lesson. No run shows what is said of them.
    unbuilt: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Lesson<'a> {
    /// The lesson's name, such as `sigchld`.
    name: &'a str,
    /// Its place in the course, from 1.
    number: usize,
    /// The question that the lesson answers.
    title: &'a str,
    /// Its line. Absent if it is not on the map.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    ways: Vec<ShownWay<'a>>,
    cells: Vec<ShownCell<'a>>,
}

#[derive(Serialize)]
struct ShownWay<'a> {
    /// From 1 to 5.
    way: usize,
    /// The facts that show it.
    facts: &'a [String],
}

#[derive(Serialize)]
struct ShownCell<'a> {
    /// The column's head, such as `when full`.
    column: &'a str,
    /// What the cell says. Absent if its question does not arise.
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<&'a str>,
    /// The facts that show it.
    facts: &'a [String],
    /// Why its question does not arise.
    #[serde(skip_serializing_if = "Option::is_none")]
    none: Option<&'a str>,
}

#[derive(Serialize)]
struct Place<'a> {
    name: &'a str,
    ways: Vec<usize>,
    question: &'a str,
    would_show: &'a str,
}

impl<'a> Document<'a> {
    pub fn new(map: &'a Map) -> Document<'a> {
        let lessons = map.lessons.iter().enumerate().map(|(index, (lesson, line))| Lesson {
            name: lesson.name.as_str(),
            number: index + 1,
            title: &lesson.title,
            line: line.as_ref().map(Line::new),
        });
        let unbuilt = map.unbuilt.iter().map(Place::new).collect();
        Document { version: 1, lessons: lessons.collect(), unbuilt }
    }
}

impl<'a> Line<'a> {
    fn new(line: &'a map::Line) -> Line<'a> {
        let ways = line.ways.iter().map(|(way, facts)| ShownWay { way: way.number(), facts });
        let cells = line.columns().map(|(column, cell)| match cell {
            Cell::Says { text, facts } => ShownCell { column, says: Some(text), facts, none: None },
            Cell::None { why } => ShownCell { column, says: None, facts: &[], none: Some(why) },
        });
        Line { ways: ways.collect(), cells: cells.collect() }
    }
}

impl<'a> Place<'a> {
    fn new(place: &'a Unbuilt) -> Place<'a> {
        Place {
            name: &place.name,
            ways: place.ways.iter().copied().map(Way::number).collect(),
            question: &place.question,
            would_show: &place.would_show,
        }
    }
}
