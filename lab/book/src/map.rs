//! The map as a figure: a column for each way, and in it the lessons, as links, and the
//! places that are not built yet.

use maud::{Markup, html};
use story::map::{Map, Way};

/// The width of a column and of a box in it, px.
const COLUMN: usize = 162;
const WIDE: usize = 154;
/// Where boxes begin, and from one to the next, px.
const TOP: usize = 76;
const STEP: usize = 34;

/// A box on the map.
struct Place<'a> {
    name: &'a str,
    question: &'a str,
    is_built: bool,
}

/// Draws the map. Links lead from a page that is beside the folder of the chapters.
pub fn figure(map: &Map) -> String {
    let columns = Way::ALL.map(|way| places(map, way));
    let longest = columns.iter().map(Vec::len).max().unwrap_or_default();
    let (width, height) = (columns.len() * COLUMN, TOP + longest * STEP + 10);
    let drawing = html! {
        svg xmlns="http://www.w3.org/2000/svg" width=(width) height=(height)
            viewBox=(format!("0 0 {width} {height}")) role="img"
        {
            title { "The ways from the kernel to a process, with the lessons on each" }
            rect.paper width=(width) height=(height) {}
            @for (way, places) in Way::ALL.into_iter().zip(&columns) { (column(way, places)) }
        }
    };
    drawing.into_string()
}

/// The places on a way. What can be run stands first.
fn places(map: &Map, way: Way) -> Vec<Place<'_>> {
    let built = map
        .lessons
        .iter()
        .filter(|(_, line)| line.as_ref().is_some_and(|line| line.ways.contains_key(&way)));
    let built = built.map(|(lesson, _)| Place {
        name: lesson.name.as_str(),
        question: &lesson.title,
        is_built: true,
    });
    let unbuilt = map.unbuilt.iter().filter(|place| place.ways.contains(&way));
    let unbuilt = unbuilt.map(|place| Place {
        name: &place.name,
        question: &place.question,
        is_built: false,
    });
    built.chain(unbuilt).collect()
}

/// A way with the places on it.
fn column(way: Way, places: &[Place<'_>]) -> Markup {
    let left = (way.number() - 1) * COLUMN + (COLUMN - WIDE) / 2;
    let middle = left + WIDE / 2;
    // A way has a name of a few words: two lines.
    let name = way.name();
    let spaces = name.match_indices(' ').map(|(at, _)| at);
    let half = spaces.min_by_key(|at| at.abs_diff(name.len() / 2)).unwrap_or(name.len());
    html! {
        text.name x=(middle) y="20" { (way.number()) " " (&name[..half]) }
        text.name x=(middle) y="36" { (name[half..].trim()) }
        path.arrow d=(format!("M{middle} 68V46M{} 53L{middle} 46L{} 53", middle - 4, middle + 4)) {}
        @for (row, place) in places.iter().enumerate() {
            @let y = TOP + row * STEP;
            @if place.is_built {
                a href=(format!("chapters/{}.html", place.name)) {
                    rect.box.mark x=(left) y=(y) width=(WIDE) height="28" rx="4" {
                        title { (place.question) }
                    }
                    text x=(left + 8) y=(y + 18) { (place.name) }
                }
            } @else {
                rect.life fill="none" x=(left) y=(y) width=(WIDE) height="28" rx="4" {
                    title { (place.question) }
                }
                text x=(left + 8) y=(y + 18) { (place.name) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use story::lesson::Lesson;
    use story::map::{Line, unbuilt};

    use super::*;

    #[test]
    fn each_way_has_its_places() {
        let text = "format = 1\ntitle = \"Who <x>?\"\nsummary = \"s\"\n\
                    [[expect]]\nfact = \"f\"\nevent = \"mark\"\n";
        let lesson = Lesson::parse(Path::new("errno"), text).unwrap();
        let none = "none = \"why\"\n";
        let cells = ["carries", "kept", "full", "loss", "context"];
        let cells: String = cells.iter().map(|cell| format!("[{cell}]\n{none}")).collect();
        let line = "[way]\nreturns = [\"f\"]\nwakes = [\"f\"]\n".to_owned() + &cells;
        let line = Line::parse(&lesson, &line).unwrap();
        let places = "[[unbuilt]]\nplace = \"fault\"\nways = [\"wakes\"]\nquestion = \"Q?\"\n\
                      would_show = \"x\"\n";
        let unbuilt = unbuilt(Path::new("map.toml"), places, &[]).unwrap();
        let figure = figure(&Map { lessons: vec![(lesson, Some(line))], unbuilt });
        assert_eq!(figure.matches("<a href=\"chapters/errno.html\">").count(), 2);
        assert_eq!(figure.matches("<title>Who &lt;x&gt;?</title>").count(), 2);
        assert_eq!(figure.matches(">fault</text>").count(), 1);
    }
}
