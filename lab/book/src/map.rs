//! The map as a figure: a column for each way, and in it the lessons, as links, and the
//! places that are not built yet. Everything in it is read from the map's page.

use maud::{Markup, html};
use story::lesson::Lesson;

/// The width of a column and of a box in it, px.
const COLUMN: usize = 162;
const WIDE: usize = 154;
/// Where boxes begin, and from one to the next, px.
const TOP: usize = 76;
const STEP: usize = 34;

/// A place on the map.
struct Place<'a> {
    name: &'a str,
    /// The digits in it are the ways.
    ways: &'a str,
    /// The question of a place that is not built yet.
    question: Option<&'a str>,
}

/// The figure, and the lessons that the page has no way for.
pub fn figure(page: &str, lessons: &[Lesson]) -> (String, Vec<String>) {
    let (places, ways) = (places(page), ways(page));
    let on_it = |lesson: &&Lesson| {
        let is_it = |place: &Place| place.question.is_none() && place.name == lesson.name.as_str();
        !places.iter().any(|place| is_it(place) && place.ways.contains(char::is_numeric))
    };
    let missing = lessons.iter().filter(on_it).map(|lesson| lesson.name.to_string()).collect();
    let columns: Vec<Vec<&Place>> = (1..=ways.len())
        .map(|way| {
            let is_here = |place: &&Place| place.ways.contains(&way.to_string());
            let here: Vec<&Place> = places.iter().filter(is_here).collect();
            // What can be run stands first.
            let (built, planned): (Vec<&Place>, Vec<&Place>) =
                here.into_iter().partition(|place| place.question.is_none());
            [built, planned].concat()
        })
        .collect();
    let longest = columns.iter().map(Vec::len).max().unwrap_or_default();
    let (width, height) = (ways.len() * COLUMN, TOP + longest * STEP + 10);
    let drawing = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height)
            viewBox=(format!("0 0 {width} {height}")) role="img"
        {
            title { "The ways from the kernel to a process, with the lessons on each" }
            rect.paper width=(width) height=(height) {}
            @for (column, (way, places)) in ways.iter().zip(&columns).enumerate() {
                (drawn(column, way, places, lessons))
            }
        }
    };
    (drawing.into_string(), missing)
}

/// A way and its places.
fn drawn(column: usize, way: &str, places: &[&Place], lessons: &[Lesson]) -> Markup {
    let left = column * COLUMN + (COLUMN - WIDE) / 2;
    let middle = left + WIDE / 2;
    // A way has a name of a few words: two lines.
    let half = way.char_indices().filter(|(_, c)| *c == ' ').map(|(at, _)| at);
    let half = half.min_by_key(|at| at.abs_diff(way.len() / 2)).unwrap_or(way.len());
    let question = |place: &Place| match place.question {
        Some(question) => question.to_owned(),
        None => {
            let lesson = lessons.iter().find(|lesson| lesson.name.as_str() == place.name);
            lesson.map(|lesson| lesson.title.clone()).unwrap_or_default()
        }
    };
    html! {
        text.name x=(middle) y="20" { (column + 1) ". " (&way[..half]) }
        text.name x=(middle) y="36" { (way[half..].trim()) }
        path.arrow d=(format!("M{middle} 68V46M{} 53L{middle} 46L{} 53", middle - 4, middle + 4)) {}
        @for (row, place) in places.iter().enumerate() {
            @let y = TOP + row * STEP;
            @if place.question.is_none() {
                a href=(format!("chapters/{}.html", place.name)) {
                    rect.box.mark x=(left) y=(y) width=(WIDE) height="28" rx="4" {
                        title { (question(place)) }
                    }
                    text x=(left + 8) y=(y + 18) { (place.name) }
                }
            } @else {
                rect.life fill="none" x=(left) y=(y) width=(WIDE) height="28" rx="4" {
                    title { (question(place)) }
                }
                text x=(left + 8) y=(y + 18) { (place.name) }
            }
        }
    }
}

/// The names of the ways, from the numbered list.
fn ways(page: &str) -> Vec<&str> {
    let items = page.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    let named = items.filter_map(|line| line.split_once(". **")?.1.split_once("**"));
    named.map(|(name, _)| name.trim_end_matches('.')).collect()
}

/// The rows of the tables that have a column `way`.
fn places(page: &str) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    let (mut way, mut question) = (None, None);
    let mut before = Vec::new();
    for line in page.lines() {
        let cells: Vec<&str> = match line.strip_prefix("| ") {
            Some(rest) => rest.trim_end_matches('|').split(" | ").map(str::trim).collect(),
            None => Vec::new(),
        };
        if line.starts_with("|---") {
            let column = |name: &str| before.iter().position(|cell: &&str| *cell == name);
            (way, question) = (column("way"), column("its question"));
            continue;
        }
        let name = cells.first().map(|name| {
            name.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(*name, |(n, _)| n)
        });
        if let (Some(name), Some(ways)) = (name, way.and_then(|way| cells.get(way).copied())) {
            let question = question.and_then(|question| cells.get(question).copied());
            places.push(Place { name, ways, question });
        }
        if cells.is_empty() {
            way = None;
        }
        before = cells;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Map\n\n1. **You call.** Text.\n2. **You wake up.** Text.\n\n\
        | lesson | way | carries |\n|---|---|---|\n| [errno](../errno/chapter.md) | 1 and 2 | x |\n\
        \n| place | way | its question |\n|---|---|---|\n| fault <x> | 2 | Who? |\n";

    #[test]
    fn the_map_is_read_from_its_page() {
        assert_eq!(ways(PAGE), ["You call", "You wake up"]);
        let (figure, missing) = figure(PAGE, &[]);
        assert_eq!(missing, Vec::<String>::new());
        assert_eq!(figure.matches("<a href=\"chapters/errno.html\">").count(), 2);
        assert_eq!(figure.matches("fault &lt;x&gt;").count(), 1);
        assert_eq!(figure.matches("<title>Who?</title>").count(), 1);
    }

    #[test]
    fn a_lesson_without_a_way_is_named() {
        let text = "format = 1\ntitle = \"Q?\"\nsummary = \"s\"\n";
        let lesson = Lesson::parse(std::path::Path::new("errno"), text).unwrap();
        let lessons = std::slice::from_ref(&lesson);
        assert!(figure(PAGE, lessons).1.is_empty());
        assert_eq!(figure(&PAGE.replace("1 and 2", "-"), lessons).1, ["errno"]);
    }
}
