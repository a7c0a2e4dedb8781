//! What a page shows besides a run: the program's source, and where functions are defined.
//! A record carries it, so that its page is the same where nothing is installed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use builder::guest::kmods;
use builder::kernel::functions;
use fs_err as fs;
use page::{Function, Source};
use serde::{Deserialize, Serialize};
use story::lesson::Lesson;
use story::timeline::Timeline;
use trace::{Kind, Symbol};

use crate::error::Error;
use crate::exercise::compile::{NAMELESS, STUDENT};
use crate::exercise::{Exercise, StudentFile};
use crate::run::{Lab, Machine};

/// What a page shows besides a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Background {
    /// The program's files, by the names that its marks have for them.
    pub(super) sources: Vec<Source>,
    files: Vec<(Function, String)>,
}

/// The headers that the lab's modules share, some of which define functions: their own
/// trace events, for one.
const HEADERS: &str = "kmods/include";

impl Background {
    /// Of a lesson's run.
    pub fn of_run(
        lab: &Lab<'_>,
        machine: &Machine,
        lesson: &Lesson,
        timeline: &Timeline,
    ) -> Result<Background, Error> {
        let mut background = Background::of_exec(lab, machine, timeline)?;
        // The compiler names files from the root of the workspace.
        let folder = lesson.folder.strip_prefix(builder::root()).unwrap_or(&lesson.folder);
        read(&builder::root(), &folder.join("src"), "rs", &mut background.sources)?;
        // Not every program of a lesson runs in it: some test its module.
        let programs = folder.join("src/bin").display().to_string();
        background.sources.retain(|Source { path, .. }| {
            !path.starts_with(&programs) || marks(timeline).any(|file| file == path)
        });
        for kmod in &lesson.experiment.kmods {
            background.add_module(kmod, timeline)?;
        }
        Ok(background)
    }

    /// Of an attempt at an exercise with this file.
    pub fn of_attempt(
        lab: &Lab<'_>,
        machine: &Machine,
        exercise: &Exercise,
        text: &str,
        timeline: &Timeline,
    ) -> Result<Background, Error> {
        let mut background = Background::of_exec(lab, machine, timeline)?;
        if let Some(harness) = exercise.harness() {
            let from = background.sources.len();
            read(&harness, Path::new(""), "rs", &mut background.sources)?;
            for source in &mut background.sources[from..] {
                source.path = format!("{NAMELESS}/{}", source.path);
            }
        }
        let starter = Path::new(STUDENT).join("src");
        read(&builder::root(), &starter, "rs", &mut background.sources)?;
        let source = Source { path: exercise.file.name().to_owned(), text: text.to_owned() };
        if let StudentFile::Module { name } = &exercise.file {
            background.add_defined(name.trim_end_matches(".c"), &source, timeline);
        }
        background.sources.insert(0, source);
        for kmod in &exercise.experiment.kmods {
            background.add_module(kmod, timeline)?;
        }
        Ok(background)
    }

    /// Of a program that was run by hand.
    pub fn of_exec(
        lab: &Lab<'_>,
        machine: &Machine,
        timeline: &Timeline,
    ) -> Result<Background, Error> {
        let mut background = Background::default();
        let functions = functions_of(timeline, None);
        if !functions.is_empty() {
            let known = functions::files(&lab.cache, &machine.kernel, lab.progress)?;
            let files = functions.into_iter().filter_map(|function| {
                let file = known.get(&function.name)?.clone();
                Some((function, file))
            });
            background.files = files.collect();
        }
        let modules: BTreeSet<String> =
            symbols(timeline).filter_map(|symbol| symbol.module.clone()).collect();
        if !modules.is_empty() {
            let mut headers = Vec::new();
            read(&builder::root(), Path::new(HEADERS), "h", &mut headers)?;
            for (module, header) in
                modules.iter().flat_map(|it| headers.iter().map(move |h| (it, h)))
            {
                background.add_defined(module, header, timeline);
            }
        }
        Ok(background)
    }

    /// The source files of functions.
    pub(super) fn files(&self) -> BTreeMap<Function, String> {
        self.files.iter().cloned().collect()
    }

    /// Adds the functions of one of the lab's modules.
    fn add_module(&mut self, kmod: &str, timeline: &Timeline) -> Result<(), Error> {
        let mut sources = Vec::new();
        read(&builder::root(), &Path::new("kmods").join(kmod), "c", &mut sources)?;
        let name = kmods::module_file(kmod).module_name();
        for source in &sources {
            self.add_defined(&name, source, timeline);
        }
        Ok(())
    }

    /// Adds those functions of a module that this file defines.
    fn add_defined(&mut self, module: &str, source: &Source, timeline: &Timeline) {
        let defined: BTreeSet<String> = functions::defined(&source.text).into_iter().collect();
        for function in functions_of(timeline, Some(module)) {
            if defined.contains(&function.name) {
                self.files.push((function, source.path.clone()));
            }
        }
    }
}

/// The functions of the kernel, or of a module, that are on stacks.
fn functions_of(timeline: &Timeline, module: Option<&str>) -> BTreeSet<Function> {
    symbols(timeline).filter(|symbol| symbol.module.as_deref() == module).map(function).collect()
}

/// What is on stacks.
fn symbols(timeline: &Timeline) -> impl Iterator<Item = &Symbol> {
    let frames = timeline.entries.iter().flat_map(|entry| &entry.stack);
    frames.filter_map(|frame| frame.symbol.as_ref())
}

fn function(symbol: &Symbol) -> Function {
    Function { module: symbol.module.clone(), name: symbol.name.clone() }
}

/// The files that marks name.
fn marks(timeline: &Timeline) -> impl Iterator<Item = &str> {
    let places = timeline.entries.iter().filter_map(|entry| match &entry.kind {
        Kind::Mark(mark) => mark.source.as_deref(),
        _ => None,
    });
    places.filter_map(|place| Some(place.rsplit_once(':')?.0))
}

/// Reads the files of a folder and of those below it, in the order of their names.
fn read(
    root: &Path,
    folder: &Path,
    extension: &str,
    sources: &mut Vec<Source>,
) -> Result<(), Error> {
    let mut entries = fs::read_dir(root.join(folder))?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|entry| entry.file_name());
    for entry in entries {
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            read(root, &path, extension, sources)?;
        } else if path.extension().is_some_and(|other| other == extension) {
            let text = String::from_utf8_lossy(&fs::read(entry.path())?).into_owned();
            sources.push(Source { path: path.display().to_string(), text });
        }
    }
    Ok(())
}
