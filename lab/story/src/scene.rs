//! The scenes of a run, and the events that belong to each.
//!
//! A scene begins with a mark that the program writes in the source file named after the
//! scene. It lasts until the next scene begins.

use trace::Kind;

use crate::lesson::Lesson;
use crate::timeline::Timeline;

/// The scene of each event in a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenes {
    /// One per entry. `None` before the first scene.
    of_entry: Vec<Option<String>>,
}

/// The scenes that a person asked to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// For each entry of the timeline, whether it belongs to these scenes.
    pub entries: Vec<bool>,
    /// For each of the lesson's expectations, whether it is about these scenes.
    pub facts: Vec<bool>,
}

impl Selection {
    /// The timeline of just these scenes. Tasks have the same names as in the whole run.
    pub fn of(&self, timeline: &Timeline) -> Timeline {
        let both = timeline.entries.iter().zip(&self.entries);
        let entries = both.filter(|(_, chosen)| **chosen).map(|(entry, _)| entry.clone());
        Timeline { entries: entries.collect(), births: timeline.births.clone() }
    }
}

impl Scenes {
    /// Finds the scenes of a run.
    pub fn new(timeline: &Timeline) -> Scenes {
        let mut now = None;
        let mut of_entry = Vec::new();
        for entry in &timeline.entries {
            if let Kind::Mark(mark) = &entry.kind
                && mark.scene.is_some()
            {
                now.clone_from(&mark.scene);
            }
            of_entry.push(now.clone());
        }
        Scenes { of_entry }
    }

    /// The scene of each entry. `None` before the first scene.
    pub fn of_entries(self) -> Vec<Option<String>> {
        self.of_entry
    }

    /// The names of the scenes, in the order in which they begin.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for name in self.of_entry.iter().flatten() {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// Finds the scenes that a person means by `select/no-time`, `no-time` or `no_time`,
    /// or all scenes of the part `select`. Returns `None` if there are none.
    pub fn select(&self, asked: &str, lesson: &Lesson, timeline: &Timeline) -> Option<Selection> {
        let asked = asked.replace('_', "-");
        let means = |name: &str| {
            name == asked || name.split_once('/').is_some_and(|(p, n)| p == asked || n == asked)
        };
        let entries: Vec<bool> =
            self.of_entry.iter().map(|name| name.as_deref().is_some_and(means)).collect();
        entries
            .contains(&true)
            .then(|| Selection { facts: facts(&entries, lesson, timeline), entries })
    }
}

/// Whether each fact is about the chosen events: its `after` is a mark among them.
fn facts(chosen: &[bool], lesson: &Lesson, timeline: &Timeline) -> Vec<bool> {
    let first_mark =
        |beginning: &String| timeline.entries.iter().position(|entry| entry.says(beginning));
    let is_about = |after: &Option<String>| {
        after.as_ref().and_then(first_mark).is_some_and(|entry| chosen[entry])
    };
    lesson.expect.iter().map(|fact| is_about(&fact.after)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use trace::Context;
    use trace::mark::{Mark, Part};

    use super::*;
    use crate::timeline::Entry;

    /// A mark. If it begins a scene, `scene` is the name.
    fn mark(text: &str, scene: Option<&str>) -> Entry {
        let parts = vec![Part::Words(text.to_owned())];
        let mark = Mark { source: None, scene: scene.map(str::to_owned), parts };
        Entry {
            time_ns: 0,
            pid: 21,
            context: Context::Process,
            kind: Kind::Mark(mark),
            fields: BTreeMap::new(),
            cells: Vec::new(),
            stack: Vec::new(),
        }
    }

    fn timeline() -> Timeline {
        let entries = vec![
            mark("begins", None),
            mark("1. no time", Some("select/no-time")),
            mark("handler", None),
            mark("2. a file", Some("select/a-file")),
            mark("3. a file", Some("poll/a-file")),
            mark("1. no time again", Some("select/no-time")),
        ];
        Timeline { entries, births: Vec::new() }
    }

    fn lesson() -> Lesson {
        let mut text = "format = 1\ntitle = \"Q?\"\nsummary = \"s\"\n".to_owned();
        for after in ["after = \"1. \"", "after = \"3. \"", ""] {
            text += &format!("[[expect]]\nfact = \"f\"\nevent = \"mark\"\n{after}\n");
        }
        Lesson::parse(Path::new("x"), &text).unwrap()
    }

    #[test]
    fn a_scene_lasts_until_the_next_begins() {
        let (timeline, lesson) = (timeline(), lesson());
        let scenes = Scenes::new(&timeline);
        assert_eq!(scenes.names(), ["select/no-time", "select/a-file", "poll/a-file"]);
        for (asked, entries, facts) in [
            ("no-time", [false, true, true, false, false, true], [true, false, false]),
            ("select/no_time", [false, true, true, false, false, true], [true, false, false]),
            ("select", [false, true, true, true, false, true], [true, false, false]),
            ("a-file", [false, false, false, true, true, false], [false, true, false]),
            ("poll/a-file", [false, false, false, false, true, false], [false, true, false]),
        ] {
            let selection = scenes.select(asked, &lesson, &timeline).unwrap();
            assert_eq!(
                (selection.entries, selection.facts),
                (entries.into(), facts.into()),
                "{asked}"
            );
        }
        for asked in ["no", "", "begins", "select/"] {
            assert_eq!(scenes.select(asked, &lesson, &timeline), None, "{asked}");
        }
    }
}
