//! Figures: SVG files in `docs/figures`.
//!
//! `docs/figures/LESSON/SCENE.svg` is drawn from a run by `--svg`. The texts in it are
//! compared with the lesson's story; the tests also draw it again. All others are drawn by
//! hand, in the same style.

use std::io;
use std::path::Path;

use fs_err as fs;
use lab::course::Course;
use story::lesson::Name;

use crate::quotes::read_story;

/// The folder with the figures.
pub const FOLDER: &str = "docs/figures";

/// A figure that is drawn from a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfARun {
    pub lesson: Name,
    pub scene: String,
}

/// The run that a figure is drawn from, by its file. `None` if it is drawn by hand.
pub fn of_a_run(file: &str) -> Option<OfARun> {
    let (lesson, scene) = file.strip_prefix(FOLDER)?.strip_prefix('/')?.split_once('/')?;
    Some(OfARun { lesson: lesson.parse().ok()?, scene: scene.strip_suffix(".svg")?.to_owned() })
}

/// All figures, by their files.
pub fn all(root: &Path) -> io::Result<Vec<String>> {
    if !root.join(FOLDER).exists() {
        return Ok(Vec::new());
    }
    crate::files::below(root, FOLDER, &["svg"])
}

/// What is wrong with the figures of a course.
pub fn faults(course: &Course) -> io::Result<Vec<String>> {
    let mut faults = Vec::new();
    for file in all(&course.root)? {
        let svg = fs::read_to_string(course.root.join(&file))?;
        if !svg.contains(&format!("<style>{}</style>", figure::STYLE)) {
            faults.push(format!("{file} has other colours than the figures of runs"));
        }
        if !svg.contains("<title>") || svg.contains("<script") || svg.contains("\n\n") {
            faults.push(format!("{file} needs a title, and no script and no empty line"));
        }
        let Some(OfARun { lesson, scene }) = of_a_run(&file) else { continue };
        let story = read_story(&course.root, &lesson)?.unwrap_or_default();
        if !is_told(&story, &steps(&svg)) {
            faults.push(format!(
                "{file} is of an older run; make it by\n  cargo xtask run {lesson} --scene {scene} \
                 --svg {file}"
            ));
        }
    }
    Ok(faults)
}

/// A figure as a part of a page, with its caption, in Markdown. The page brings the style.
pub fn inline(svg: &str, caption: &str) -> String {
    let drawing = match (svg.split_once("<style>"), svg.split_once("</style>")) {
        (Some((before, _)), Some((_, after))) => format!("{before}{after}"),
        _ => svg.to_owned(),
    };
    format!(
        "<figure class=\"figure\"><div tabindex=\"0\">{}</div><figcaption>\n\n{}\n\n\
         </figcaption></figure>\n\n",
        drawing.trim(),
        caption.trim()
    )
}

/// The style of all figures on a page: light, or dark with mdbook's dark themes. Paper is
/// light.
pub fn style() -> String {
    let (light, dark) = figure::STYLE.split_once("@media").unwrap_or((figure::STYLE, ""));
    let below = |place: &str, rules: &str| -> String {
        let rules = rules.lines().filter(|line| line.ends_with(" }"));
        rules.map(|rule| format!("{place} {rule}\n")).collect()
    };
    format!(
        "{}@media screen {{\n{}}}\n",
        below(".figure svg", light),
        below(":is(.coal, .navy, .ayu) .figure svg", dark)
    )
}

/// The text of each step of a figure of a run, without spaces: where lines break is not
/// compared.
fn steps(svg: &str) -> Vec<String> {
    let boxes = svg.split("<rect class=\"box").skip(1);
    boxes
        .map(|rest| {
            let texts = rest.split("<text").skip(1).filter_map(|text| text.split_once('>'));
            let text: String =
                texts.filter_map(|(_, text)| Some(text.split_once('<')?.0)).collect();
            let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
            text.replace("&amp;", "&").replace(' ', "")
        })
        .collect()
}

/// Whether a story tells these steps, one right after the other.
fn is_told(story: &str, steps: &[String]) -> bool {
    let told = told(story);
    !steps.is_empty() && told.windows(steps.len()).any(|part| part == steps)
}

/// What a story's timeline tells, event by event, without the device, the task, the context
/// and spaces, as in the boxes of a figure.
fn told(story: &str) -> Vec<String> {
    let Some((_, timeline)) = story.split_once("\n--- timeline\n") else { return Vec::new() };
    let timeline = timeline.split("\n\n---").next().unwrap_or_default();
    let mut lines = timeline.lines();
    let head: Vec<char> = lines.next().unwrap_or_default().chars().collect();
    let column = |name: &str| {
        let name: Vec<char> = name.chars().collect();
        head.windows(name.len()).position(|part| part == name)
    };
    let (Some(kernel), Some(user)) = (column("kernel"), column("user")) else { return Vec::new() };
    let mut events: Vec<[String; 2]> = Vec::new();
    for line in lines {
        let line: Vec<char> = line.chars().collect();
        let cell = |from: usize, until: usize| -> &[char] {
            line.get(from..until.min(line.len())).unwrap_or_default()
        };
        let cells = [cell(kernel, user), cell(user, line.len())];
        if cells.iter().any(|cell| cell.first().is_some_and(|first| *first != ' ')) {
            events.push(Default::default());
        }
        let Some(event) = events.last_mut() else { continue };
        for (text, cell) in event.iter_mut().zip(cells) {
            text.extend(cell.iter().filter(|c| **c != ' '));
        }
    }
    events
        .into_iter()
        .map(|cells| cells.map(|cell| without_task(&cell).to_owned()).concat())
        .collect()
}

/// A cell without the task that it begins with, and the context after that.
fn without_task(cell: &str) -> &str {
    let text = cell.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(cell, |c| c.1);
    ["hardirq:", "softirq:"].iter().find_map(|context| text.strip_prefix(context)).unwrap_or(text)
}
