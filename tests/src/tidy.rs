//! Checks that every lesson has all its pieces: no registry lists them, so nothing else
//! would notice.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use book::quotes::{self, Quotes};
use builder::guest::programs::programs_of;
use lab::course::{self, CHAPTER};
use lab::error::Error;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample};
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use story::lesson::Lesson;

use crate::lessons::story_name;
use crate::snapshots::{is_accepting, stories};
use crate::{Test, circles, functions, keys, map};

/// The sections of a chapter, in order.
const SECTIONS: &[&str] = &[
    "What you might guess",
    "Run it",
    "Read the timeline",
    "What the kernel did",
    "The mistake people make",
    "Where it is documented",
];

/// Pages of the course that belong to no lesson, besides the map.
const GLOSSARY: &str = "docs/glossary.md";
const CLAIMS: &str = "docs/claims.md";

/// One test per rule.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Machine) -> Result<Vec<Test>, Error> {
    let lessons: Vec<Lesson> =
        lab.course.names.iter().map(|name| lab.course.read(name)).collect::<Result<_, _>>()?;
    let lessons = Arc::new(lessons);
    let (all, source) = (Arc::clone(&lessons), machine.kernel.source.dir.clone());
    let name = "tidy::facts-name-functions-that-stay".to_owned();
    let functions = Test::new(name, move || verdict(functions::check(&all, &source)?));
    let rule = |name: &str, rule: fn(&[Lesson]) -> Result<Vec<String>, Failed>| {
        let lessons = Arc::clone(&lessons);
        Test::new(format!("tidy::{name}"), move || verdict(rule(&lessons)?))
    };
    Ok(vec![
        functions,
        rule("every-lesson-has-its-pieces", pieces),
        rule("every-lesson-has-its-chapter", chapters),
        rule("every-lesson-has-its-exercise", exercises),
        rule("course-quotes-what-the-run-shows", chapter_quotes),
        rule("documents-quote-what-the-run-shows", document_quotes),
        rule("no-story-without-its-lesson", unclaimed_stories),
        rule("no-circle-of-modules", circles::check),
        rule("prose-points-at-code-that-is-there", anchors),
        rule("claims-name-facts-that-are-there", facts_of_claims),
        rule("the-map-is-that-of-the-lessons", map::check),
        rule("the-keys-are-those-of-the-types", keys::check),
    ])
}

fn verdict(faults: Vec<String>) -> Result<(), Failed> {
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

fn pieces(lessons: &[Lesson]) -> Result<Vec<String>, Failed> {
    let root = builder::root();
    let mut faults = Vec::new();
    for lesson in lessons {
        let mut must_exist = vec![
            lesson.folder.join("Cargo.toml"),
            lesson.folder.join("src/main.rs"),
            stories(&root).join(format!("{}.snap", lesson.name)),
        ];
        must_exist.extend(
            lesson.experiment.kmods.iter().map(|kmod| root.join("kmods").join(kmod).join("Kbuild")),
        );
        faults.extend(
            must_exist
                .iter()
                .filter(|path| !path.is_file())
                .map(|path| format!("{} lacks {}", lesson.name, path.display())),
        );
        if lesson.expect.is_empty() {
            faults.push(format!("{} expects nothing of its record", lesson.name));
        }
    }
    Ok(faults)
}

/// Each lesson has an exercise with enough hints and mutants, and a stub that says where
/// to begin. Its folder has no unused file.
fn exercises(lessons: &[Lesson]) -> Result<Vec<String>, Failed> {
    const ENOUGH: usize = 3;
    let mut faults = Vec::new();
    for lesson in lessons {
        let name = &lesson.name;
        let exercise = match Exercise::read(lesson, Seed::default()) {
            Ok(exercise) => exercise,
            Err(error) => {
                faults.push(error.to_string());
                continue;
            }
        };
        if exercise.hints.len() < ENOUGH {
            faults.push(format!("{name}: {} hints are not enough", exercise.hints.len()));
        }
        if exercise.mutants.len() < ENOUGH {
            faults.push(format!("{name}: {} mutants are not enough", exercise.mutants.len()));
        }
        if !exercise.sample(&Sample::Stub).contains("TODO") {
            faults.push(format!("{name}: the stub does not say TODO anywhere"));
        }
        for region in exercise.unchanged() {
            faults.push(format!("{name}: neither stub nor mutants change the region `{region}`"));
        }
        for entry in std::fs::read_dir(&exercise.folder)? {
            let found = entry?.file_name().to_string_lossy().into_owned();
            if !exercise.files().contains(&found.as_str()) {
                faults.push(format!("{name}: nothing reads exercise/{found}"));
            }
        }
        if let Some(harness) = exercise.harness() {
            let unread = unread_modules(&harness)?;
            faults.extend(unread.iter().map(|found| format!("{name}: nothing reads `{found}`")));
        }
    }
    Ok(faults)
}

/// The files of a harness that are neither its `main.rs` nor a module of that.
fn unread_modules(harness: &Path) -> Result<Vec<String>, Failed> {
    let main = std::fs::read_to_string(harness.join("main.rs"))?;
    let is_read = |found: &str| {
        let module = found.strip_suffix(".rs").map(|name| format!("mod {name};"));
        found == "main.rs" || module.is_some_and(|module| main.lines().any(|line| line == module))
    };
    let mut unread = Vec::new();
    for entry in std::fs::read_dir(harness)? {
        let found = entry?.file_name().to_string_lossy().into_owned();
        if !is_read(&found) {
            unread.push(format!("exercise/harness/{found}"));
        }
    }
    Ok(unread)
}

/// Each lesson has a chapter. It asks the lesson's question, as its line in course.md
/// does, has the same sections as all others, answers in short and leads to its
/// exercise.
fn chapters(lessons: &[Lesson]) -> Result<Vec<String>, Failed> {
    let page = std::fs::read_to_string(builder::root().join(course::FILE))?;
    let mut faults = Vec::new();
    // README.md runs lesson-1 and shows its output.
    let readme = std::fs::read_to_string(builder::root().join("README.md"))?;
    if let Some(first) = lessons.first()
        && !readme.contains(&format!("```quote stories/{} ", first.name))
    {
        faults.push(format!("README.md does not quote the first lesson, {}", first.name));
    }
    for lesson in lessons {
        let (name, title) = (&lesson.name, &lesson.title);
        let line = format!("- [{title}]({}/{name}/{CHAPTER})", course::LESSONS);
        if !page.lines().any(|found| found == line) {
            faults.push(format!("{} lacks the line `{line}`", course::FILE));
        }
        let Ok(chapter) = std::fs::read_to_string(lesson.folder.join(CHAPTER)) else {
            faults.push(format!("{name} lacks its {CHAPTER}"));
            continue;
        };
        if chapter.lines().next() != Some(&format!("# {title}")) {
            faults.push(format!("{name}: its chapter does not begin with `# {title}`"));
        }
        let sections: Vec<&str> =
            chapter.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        if sections != SECTIONS {
            faults.push(format!("{name}: its chapter has the sections {sections:?}"));
        }
        let exercise = format!("\n**Exercise:** `cargo xtask start {name}`: ");
        for needed in ["\n**In short:** ", &exercise] {
            if !chapter.contains(needed) {
                faults.push(format!("{name}: its chapter has no `{}`", needed.trim()));
            }
        }
    }
    Ok(faults)
}

/// A fact among the claims, `*✓ its text*`, must be a fact of a lesson whose chapter the
/// same line links to.
fn facts_of_claims(lessons: &[Lesson]) -> Result<Vec<String>, Failed> {
    let mut faults = Vec::new();
    for line in std::fs::read_to_string(builder::root().join(CLAIMS))?.lines() {
        let link = |lesson: &Lesson| format!("/{}/{CHAPTER})", lesson.name);
        let linked: Vec<_> = lessons.iter().filter(|lesson| line.contains(&link(lesson))).collect();
        let named = line.split("*✓ ").skip(1).filter_map(|rest| rest.split_once('*'));
        for (fact, _) in named {
            if !linked.iter().any(|lesson| lesson.expect.iter().any(|e| e.fact == fact)) {
                faults.push(format!("{CLAIMS}: no lesson linked there has `{fact}`"));
            }
        }
    }
    Ok(faults)
}

/// Chapters quote what their run shows and what is in files. With `--accept`, blocks that
/// differ are updated.
fn chapter_quotes(lessons: &[Lesson]) -> Result<Vec<String>, Failed> {
    let mut faults = Vec::new();
    for lesson in lessons {
        let path = lesson.folder.join(CHAPTER);
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        faults.extend(settle(&path, quotes::of_chapter(&builder::root(), lesson, &text)?)?);
    }
    Ok(faults)
}

/// The same for the documents that quote snapshots by name.
fn document_quotes(_: &[Lesson]) -> Result<Vec<String>, Failed> {
    let root = builder::root();
    let mut faults = Vec::new();
    for document in quotes::DOCUMENTS {
        let path = root.join(document);
        let text = std::fs::read_to_string(&path)?;
        faults.extend(settle(&path, quotes::of_document(&root, document, &text))?);
    }
    Ok(faults)
}

/// What is wrong with the quotes of a page after it has been updated, if it may be.
fn settle(path: &Path, quotes: Quotes) -> Result<Vec<String>, Failed> {
    let mut faults = quotes.missing;
    if !is_accepting() {
        faults.extend(quotes.wrong);
    } else if !quotes.wrong.is_empty() {
        std::fs::write(path, quotes.updated)?;
    }
    Ok(faults)
}

fn unclaimed_stories(lessons: &[Lesson]) -> Result<Vec<String>, Failed> {
    let root = builder::root();
    let mut names = BTreeSet::new();
    for lesson in lessons {
        names.extend(
            programs_of(&root, &lesson.name.to_string())
                .iter()
                .map(|program| story_name(lesson, program)),
        );
    }
    let mut faults = Vec::new();
    for file in std::fs::read_dir(stories(&root))? {
        let file = file?.file_name().to_string_lossy().into_owned();
        if file.strip_suffix(".snap").is_none_or(|name| !names.contains(name)) {
            faults.push(format!("tests/stories/{file} belongs to no lesson"));
        }
    }
    Ok(faults)
}

/// A path in backquotes, such as `lab/src/lib.rs`, must exist. With a `::name` after it,
/// the file must contain that name. The target of a link must exist too.
fn anchors(lessons: &[Lesson]) -> Result<Vec<String>, Failed> {
    let root = builder::root();
    let documents = ["README.md", "ARCHITECTURE.md", course::FILE, "docs/classroom.md"];
    let documents = documents.into_iter().chain(["docs/debug.md", map::PAGE, GLOSSARY, CLAIMS]);
    let documents = documents.map(|document| root.join(document));
    let chapters = lessons.iter().map(|lesson| lesson.folder.join(CHAPTER));
    let mut faults = Vec::new();
    for document in documents.chain(chapters) {
        let text = std::fs::read_to_string(&document)?;
        let shown = document.strip_prefix(&root).unwrap_or(&document).display().to_string();
        for quoted in text.split('`').skip(1).step_by(2).filter(|quoted| is_path(quoted)) {
            let (path, name) = quoted.split_once("::").unwrap_or((quoted, ""));
            match std::fs::metadata(root.join(path)) {
                Err(_) => faults.push(format!("{shown}: there is no {path}")),
                Ok(_) if name.is_empty() => {}
                Ok(_) if contains(&root.join(path), name)? => {}
                Ok(_) => faults.push(format!("{shown}: {path} has no `{name}`")),
            }
        }
        let folder = document.parent().unwrap_or(&root);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        for (target, _) in targets.filter(|(target, _)| target.ends_with(".md")) {
            if !folder.join(target).is_file() {
                faults.push(format!("{shown}: a link leads to {target}, which is not there"));
            }
        }
    }
    Ok(faults)
}

fn contains(path: &Path, name: &str) -> Result<bool, Failed> {
    Ok(std::fs::read_to_string(path)?.contains(name))
}

/// Paths in this repository start with one of its folders. Other quoted words, such as
/// the kernel's paths, do not.
fn is_path(quoted: &str) -> bool {
    const FOLDERS: &[&str] =
        &["lab/", "xtask/", "kmods/", "guest-programs/", "images/", "tests/", "docs/"];
    FOLDERS.iter().any(|folder| quoted.starts_with(folder))
        && !quoted.contains(['*', '<', ' ', '…'])
}
