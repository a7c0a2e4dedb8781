//! The pages of the book, from the files of the course.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use fs_err as fs;
use lab::course::{self, CHAPTER, Course, LESSONS};
use lab::error::Error;
use lab::exercise::Exercise;
use lab::exercise::values::Seed;
use story::lesson::Lesson;
use story::map::Map;

use crate::markdown::{Part, anchor, headings, parts, replaced, targets};
use crate::{figures, files, index, map, quotes};

/// The first page.
const MAP: &str = "docs/map.md";
const FIRST: &str = "index.md";

/// Other pages that belong to no lesson: the file, its place in the book, and its short
/// title in the list of pages.
const GLOSSARY: (&str, &str, &str) = ("docs/glossary.md", "glossary.md", "Words");
const CLAIMS: (&str, &str, &str) = ("docs/claims.md", "claims.md", "What people say");
/// The same for pages about work with the lessons: on exercises, and on lessons of one's own.
const WORK: [(&str, &str, &str); 2] = [
    ("docs/classroom.md", "classroom.md", "The classroom"),
    ("docs/lesson-toml.md", "lesson-toml.md", "Keys of a lesson"),
];

/// Pages that nobody writes.
const FUNCTIONS: (&str, &str) = ("functions.md", "Functions");
const ERRNOS: (&str, &str) = ("errnos.md", "Error numbers");

/// The book before mdbook.
pub struct Book {
    /// The pages: for each place below the book's folder, its text.
    pub pages: BTreeMap<String, String>,
    /// What is wrong in the files that they come from.
    pub faults: Vec<String>,
}

/// Everything that is wrong with the book of a course: quotes that are not what they
/// quote, links and anchors that lead nowhere, figures of an older run.
pub fn check(course: &Course) -> Result<Vec<String>, Error> {
    let mut faults = Vec::new();
    for name in &course.names {
        let lesson = course.read(name)?;
        let chapter = fs::read_to_string(lesson.folder.join(CHAPTER))?;
        let quotes = quotes::of_chapter(&course.root, &lesson, &chapter)?;
        faults.extend(quotes.missing.into_iter().chain(quotes.wrong));
    }
    for file in WORK.map(|(file, ..)| file) {
        let text = fs::read_to_string(course.root.join(file))?;
        let quotes = quotes::of_document(&course.root, file, &text);
        faults.extend(quotes.missing.into_iter().chain(quotes.wrong));
    }
    faults.extend(figures::faults(course)?);
    faults.extend(Book::new(course)?.faults);
    Ok(faults)
}

impl Book {
    /// Reads the course. Fails if a page of it cannot be read.
    pub fn new(course: &Course) -> Result<Book, Error> {
        let lessons: Vec<Lesson> =
            course.names.iter().map(|name| course.read(name)).collect::<Result<_, _>>()?;
        let mut maker = Maker::new(course, &lessons)?;
        let parts_of_course = parts_of(&fs::read_to_string(course.root.join(course::FILE))?);
        let mut summary = "# Summary\n\n[The map](index.md)\n[The course](course.md)\n".to_owned();
        maker.copy(MAP)?;
        maker.draw_map(&course.map()?);
        maker.copy(course::FILE)?;
        let mut part = "";
        for (at, lesson) in lessons.iter().enumerate() {
            let place = chapter_of(lesson);
            if let Some(its) = parts_of_course.get(lesson.name.as_str()).filter(|its| *its != part)
            {
                part = its;
                summary.push_str(&format!("\n# {part}\n\n"));
            }
            summary.push_str(&format!("- [{}]({place})\n", lesson.title));
            maker.copy(&format!("{LESSONS}/{}/{CHAPTER}", lesson.name))?;
            let after = after(lesson, lessons.get(at + 1))?;
            maker.pages.entry(place).or_default().push_str(&after);
        }
        // Without a number: a part of its own would number them too.
        summary.push_str("\n---\n\n");
        for (file, ..) in without_a_lesson() {
            maker.copy(file)?;
        }
        let [functions, errnos] = index::pages(course, &lessons)?;
        maker.pages.insert(FUNCTIONS.0.to_owned(), functions);
        maker.pages.insert(ERRNOS.0.to_owned(), errnos);
        let (_, glossary, words) = GLOSSARY;
        let (_, claims, said) = CLAIMS;
        for (place, title) in [(glossary, words), FUNCTIONS, ERRNOS, (claims, said)] {
            summary.push_str(&format!("[{title}]({place})\n"));
        }
        summary.push_str("\n---\n\n");
        for (_, place, title) in WORK {
            summary.push_str(&format!("[{title}]({place})\n"));
        }
        summary.push_str("\n---\n\n");
        for lesson in &lessons {
            let place = files_of(lesson);
            summary.push_str(&format!("[The files of {}]({place})\n", lesson.name));
            let page = listing(&course.root, lesson)?;
            maker.pages.insert(place, page);
        }
        let Maker { mut pages, mut faults, figures: shown, places, .. } = maker;
        let unused = figures::all(&course.root)?.into_iter().filter(|file| !shown.contains(file));
        faults.extend(unused.map(|file| format!("no page shows {file}")));
        // What a person wrote is in a file. The other pages are made from several.
        let files = places.iter().map(|(file, place)| (place.as_str(), file.as_str()));
        faults.extend(dead(&pages, &files.collect()));
        pages.insert("SUMMARY.md".to_owned(), summary);
        Ok(Book { pages, faults })
    }

    /// Writes the pages into a folder. A file that is already as it should be is not
    /// touched, so who watches the folder sees only changes.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        for (place, text) in &self.pages {
            let path = folder.join(place);
            if fs::read_to_string(&path).is_ok_and(|there| there == *text) {
                continue;
            }
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(&path, text)?;
        }
        Ok(())
    }
}

/// The pages of files that belong to no lesson, besides the first two.
fn without_a_lesson() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    [GLOSSARY, CLAIMS].into_iter().chain(WORK)
}

/// Where a lesson's chapter and its files are in the book.
fn chapter_of(lesson: &Lesson) -> String {
    format!("chapters/{}.md", lesson.name)
}

fn files_of(lesson: &Lesson) -> String {
    format!("files/{}.md", lesson.name)
}

/// The part of the course that each lesson stands in.
fn parts_of(page: &str) -> BTreeMap<String, String> {
    let mut part = String::new();
    let mut parts = BTreeMap::new();
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("### ") {
            part = heading.to_owned();
        } else if let Some(name) = course::listed(line) {
            parts.insert(name.to_owned(), part.clone());
        }
    }
    parts
}

/// Makes pages from files.
struct Maker<'a> {
    root: &'a Path,
    /// Where files of the course are in the book. Folders stand for the page that shows
    /// the files in them.
    places: BTreeMap<String, String>,
    pages: BTreeMap<String, String>,
    /// The figures on them.
    figures: BTreeSet<String>,
    faults: Vec<String>,
}

impl Maker<'_> {
    fn new<'a>(course: &'a Course, lessons: &[Lesson]) -> Result<Maker<'a>, Error> {
        let mut places = BTreeMap::from([
            (MAP.to_owned(), FIRST.to_owned()),
            (course::FILE.to_owned(), course::FILE.to_owned()),
        ]);
        for (file, place, _) in without_a_lesson() {
            places.insert(file.to_owned(), place.to_owned());
        }
        for lesson in lessons {
            places.insert(format!("{LESSONS}/{}/{CHAPTER}", lesson.name), chapter_of(lesson));
            for file in files::of(&course.root, lesson)? {
                if let Some((folder, _)) = file.rsplit_once('/') {
                    let folder = folder.strip_suffix("/src").unwrap_or(folder);
                    places.insert(folder.to_owned(), files_of(lesson));
                }
                let place = format!("{}#{}", files_of(lesson), anchor(shown(lesson, &file)));
                places.insert(file, place);
            }
        }
        let (pages, figures, faults) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        Ok(Maker { root: &course.root, places, pages, figures, faults })
    }

    /// Makes the page of a file.
    fn copy(&mut self, file: &str) -> Result<(), Error> {
        let text = fs::read_to_string(self.root.join(file))?;
        let place = self.places[file].clone();
        let mut page = String::new();
        for part in parts(&text) {
            match part {
                Part::Fenced { info, content } => page.push_str(&self.block(&place, info, content)),
                Part::Lines(lines) => {
                    self.faults.extend(self.missing(file, lines));
                    if let Some((caption, target)) = image(lines) {
                        page.push_str(&self.figure(file, &place, caption, target));
                        continue;
                    }
                    page.push_str(&self.with_links(file, &place, lines));
                }
            }
        }
        self.pages.insert(place, page);
        Ok(())
    }

    /// Puts the map as a figure before the first table of its page.
    fn draw_map(&mut self, map: &Map) {
        let without = map.lessons.iter().filter(|(_, line)| line.is_none());
        self.faults.extend(without.map(|(lesson, _)| format!("{} is not on the map", lesson.name)));
        let figure = figures::inline(
            &map::figure(map),
            "Each box leads to its chapter. A dashed one is not built yet: nothing shows it.",
        );
        if let Some(page) = self.pages.get_mut(FIRST) {
            let at = page.find("\n## ").map_or(page.len(), |newline| newline + 1);
            page.insert_str(at, &figure);
        }
    }

    /// Lines of a file with links of the page at `place`. Words in backquotes that name a
    /// file of the book lead there.
    fn with_links(&self, file: &str, place: &str, lines: &str) -> String {
        replaced(
            lines,
            |target| moved(&self.places, self.root, file, place, target),
            |code| {
                // A path may have the name of something in the file behind it.
                let file = code.split("::").next().unwrap_or(code);
                let there = self.places.get(file).filter(|there| *there != place)?;
                Some(format!("[`{code}`]({})", relative(place, there)))
            },
        )
    }

    /// A figure, for its image in a file.
    fn figure(&mut self, file: &str, place: &str, caption: &str, target: &str) -> String {
        let path = from_root(file, target);
        // A figure that is not there was reported as a link that leads nowhere.
        let Ok(svg) = fs::read_to_string(self.root.join(&path)) else { return String::new() };
        self.figures.insert(path);
        figures::inline(&svg, &self.with_links(file, place, caption))
    }

    /// A fenced block as mdbook wants it, with the file that it quotes above it.
    fn block(&self, place: &str, info: &str, content: &str) -> String {
        let quoted = quotes::code(info).and_then(|part| part.split_once(' '));
        if let (Some((language, _)), Some((file, _))) = (info.split_once(' '), quoted) {
            let from = match self.places.get(file) {
                Some(there) => format!("[`{file}`]({})", relative(place, there)),
                None => format!("`{file}`"),
            };
            return format!(
                "<div class=\"from\">\n\n{from}\n\n</div>\n\n```{language}\n{content}```\n"
            );
        }
        let language = match info.split(' ').next().unwrap_or_default() {
            "output" | "timeline" | "quote" | "" => "text",
            language => language,
        };
        format!("```{language}\n{content}```\n")
    }

    /// The links in some lines of a file that lead to no file.
    fn missing(&self, file: &str, lines: &str) -> Vec<String> {
        let local = targets(lines).into_iter().filter(|target| !target.contains("://"));
        let path = |target: &str| from_root(file, target.split('#').next().unwrap_or_default());
        local
            .filter(|target| !target.starts_with('#') && !self.root.join(path(target)).exists())
            .map(|target| format!("{file}: a link leads to {target}, which is not there"))
            .collect()
    }
}

/// The caption and the file of a figure that stands alone: `![caption](file.svg)`.
fn image(lines: &str) -> Option<(&str, &str)> {
    let (caption, target) = lines.trim().strip_prefix("![")?.split_once("](")?;
    Some((caption, target.strip_suffix(')').filter(|target| target.ends_with(".svg"))?))
}

/// What a link of `file` becomes on the page at `place`. `None` if it stays as it is.
fn moved(
    places: &BTreeMap<String, String>,
    root: &Path,
    file: &str,
    place: &str,
    target: &str,
) -> Option<String> {
    let (path, anchor) = target.split_once('#').map_or((target, ""), |(path, rest)| (path, rest));
    if path.is_empty() || path.contains("://") {
        return None;
    }
    let there = from_root(file, path);
    let there = places.get(&there).filter(|_| root.join(&there).exists())?;
    let anchor = if anchor.is_empty() { String::new() } else { format!("#{anchor}") };
    Some(relative(place, there) + &anchor)
}

/// The path from the root of the course of a link's target.
fn from_root(file: &str, target: &str) -> String {
    let mut path = PathBuf::from(file);
    path.pop();
    for component in Path::new(target).components() {
        match component {
            Component::ParentDir => drop(path.pop()),
            component => path.push(component),
        }
    }
    path.display().to_string()
}

/// The way from one page of the book to another place.
fn relative(from: &str, to: &str) -> String {
    "../".repeat(from.matches('/').count()) + to
}

/// What stands at the end of a chapter: its exercise, what comes next, and its files.
fn after(lesson: &Lesson, next: Option<&Lesson>) -> Result<String, Error> {
    let mut text = "\n## Where to go on\n\n".to_owned();
    let name = &lesson.name;
    if Exercise::exists(lesson) {
        let exercise = Exercise::read(lesson, Seed::default())?;
        let title = exercise.task.lines().find_map(|line| line.strip_prefix("# "));
        text.push_str(&format!(
            "- **Exercise**, {} points: *{}*. `cargo xtask start {name}` begins it, and \
             `cargo xtask check {name}` judges it:\n",
            exercise.points(),
            title.unwrap_or("what the chapter is about")
        ));
        for check in &exercise.checks {
            text.push_str(&format!("  - {} ({})\n", check.what, check.points));
        }
    }
    if let Some(next) = next {
        text.push_str(&format!("- **Next:** [{}]({}.md)\n", next.title, next.name));
    }
    text.push_str(&format!("- [The files of this lesson](../{}), whole\n", files_of(lesson)));
    text.push_str("- [The map](../index.md) of all ways\n");
    Ok(text)
}

/// A file's path as its lesson's page shows it: from the lesson's folder, or from the root.
fn shown<'a>(lesson: &Lesson, file: &'a str) -> &'a str {
    let folder = format!("{LESSONS}/{}/", lesson.name);
    file.strip_prefix(&folder).unwrap_or(file)
}

/// The page with a lesson's files. It is not printed, because it is long.
fn listing(root: &Path, lesson: &Lesson) -> Result<String, Error> {
    let mut page = format!(
        "<div class=\"files\">\n\n# The files of {}\n\nBack to its chapter: \
         [{}](../{})\n\n",
        lesson.name,
        lesson.title,
        chapter_of(lesson)
    );
    for file in files::of(root, lesson)? {
        let language = match file.rsplit_once('.').map_or("", |(_, end)| end) {
            "rs" => "rust",
            "h" => "c",
            end => end,
        };
        let text = fs::read_to_string(root.join(&file))?;
        let heading = shown(lesson, &file);
        page.push_str(&format!("## {heading}\n\n```{language}\n{}\n```\n\n", text.trim_end()));
    }
    page.push_str("</div>\n");
    Ok(page)
}

/// The links of pages to a page or an anchor that is not there. `files` has the file of a
/// page, if it has one.
fn dead(pages: &BTreeMap<String, String>, files: &BTreeMap<&str, &str>) -> Vec<String> {
    let anchors: BTreeMap<&str, BTreeSet<String>> = pages
        .iter()
        .map(|(place, text)| {
            let anchors = headings(text).into_iter().map(|(_, _, anchor)| anchor);
            (place.as_str(), anchors.collect())
        })
        .collect();
    let mut faults = Vec::new();
    for (place, text) in pages {
        let lines = parts(text).into_iter().filter_map(|part| match part {
            Part::Lines(lines) => Some(lines),
            Part::Fenced { .. } => None,
        });
        for target in lines.flat_map(targets).filter(|target| !target.contains("://")) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let there = if path.is_empty() { place.clone() } else { from_root(place, path) };
            let file = files.get(place.as_str()).copied().unwrap_or(place);
            match anchors.get(there.as_str()) {
                None => faults.push(format!("{file}: a link leads to {target}, which is no page")),
                Some(there) if anchor.is_empty() || there.contains(anchor) => {}
                Some(_) => faults.push(format!("{file}: a link leads to {target}, no heading")),
            }
        }
    }
    faults
}
