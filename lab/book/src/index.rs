//! The indexes: which chapter speaks of a function of the kernel, and of an error number.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use fs_err as fs;
use lab::course::{CHAPTER, Course};
use lab::error::Error;
use nix::errno::Errno;
use story::lesson::Lesson;
use trace::names::errno;

use crate::markdown::{sections, words};
use crate::quotes::read_story;

/// Where the files of functions are written down.
const FILES: &str = "tests/functions.toml";

/// The section of a chapter that names functions of the kernel.
const KERNEL: &str = "What the kernel did";

/// What else those sections name, besides the fields of a siginfo.
const NO_FUNCTIONS: &[&str] =
    &["max_queued_events", "set_tid", "signal_deliver", "signalfd_wqh", "winsize_mutex"];

/// The largest error number of the kernel, include/linux/errno.h.
const LAST_ERRNO: i32 = 530;

/// For each word of the chapters that may be looked up, the links to the first section of
/// each chapter that has it.
struct Places(BTreeMap<String, Vec<String>>);

/// The two pages: functions and error numbers.
pub fn pages(course: &Course, lessons: &[Lesson]) -> Result<[String; 2], Error> {
    let mut places = Places(BTreeMap::new());
    let mut functions = BTreeSet::new();
    for lesson in lessons {
        let chapter = fs::read_to_string(lesson.folder.join(CHAPTER))?;
        for (heading, anchor, text) in sections(&chapter) {
            let link = format!("[{}](chapters/{}.md", lesson.name, lesson.name);
            places.add(words(&text).filter(|word| is_errno(word)), &link, &anchor);
            let code = text.split('`').skip(1).step_by(2);
            places.add(code.flat_map(words), &link, &anchor);
            functions.extend(of_stacks(&text));
            if heading == KERNEL {
                let quoted = text.split('`').skip(1).step_by(2);
                functions.extend(quoted.filter(|word| is_a_function(word)).map(str::to_owned));
            }
        }
        let story = read_story(&course.root, &lesson.name)?.unwrap_or_default();
        functions.extend(of_stacks(&story));
    }
    let files = files(course)?;
    functions.extend(files.keys().cloned());
    Ok([of_functions(&places, &functions, &files), of_errnos(&places)])
}

fn of_functions(
    places: &Places,
    functions: &BTreeSet<String>,
    files: &BTreeMap<String, String>,
) -> String {
    let mut page = "# Functions\n\nFunctions that the chapters and the runs name. Each link \
                    leads to the first place in a chapter.\n\n| function | file | chapters |\n\
                    |---|---|---|\n"
        .to_owned();
    let mut functions: Vec<&String> = functions.iter().collect();
    functions.sort_by_key(|function| function.trim_start_matches('_'));
    for function in functions {
        let Some(links) = places.0.get(function) else { continue };
        let file = files.get(function).map_or("", String::as_str);
        page.push_str(&format!("| `{function}` | {file} | {} |\n", links.join(", ")));
    }
    page
}

fn of_errnos(places: &Places) -> String {
    let mut page = "# Error numbers\n\nThe error numbers that the chapters name. Each link leads \
                    to the first place in a chapter. Those from 512 on stay in the kernel.\n\n\
                    | name | number | means | chapters |\n|---|---|---|---|\n"
        .to_owned();
    for number in 1..=LAST_ERRNO {
        let Some(name) = errno(number) else { continue };
        let Some(links) = places.0.get(&name) else { continue };
        let known = Errno::from_raw(number);
        let means = if known == Errno::UnknownErrno { "" } else { known.desc() };
        page.push_str(&format!("| `{name}` | {number} | {means} | {} |\n", links.join(", ")));
    }
    page
}

impl Places {
    /// Adds those words of a section that its chapter has not had before.
    fn add<'a>(&mut self, words: impl Iterator<Item = &'a str>, link: &str, anchor: &str) {
        for word in words {
            let links = self.0.entry(word.to_owned()).or_default();
            if !links.last().is_some_and(|last| last.starts_with(link)) {
                links.push(format!("{link}#{anchor})"));
            }
        }
    }
}

/// The files of the kernel's functions that facts name.
fn files(course: &Course) -> io::Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(course.root.join(FILES))?;
    let table: BTreeMap<String, BTreeMap<String, Vec<String>>> = toml::from_str(&text)
        .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, format!("`{FILES}`: {e}")))?;
    let functions = table.into_values().flatten();
    Ok(functions.filter_map(|(name, files)| Some((name, files.into_iter().next()?))).collect())
}

/// The functions in stacks, `a → b → c: …`.
fn of_stacks(text: &str) -> Vec<String> {
    let pieces: Vec<&str> = text.split('→').collect();
    let before = pieces.iter().rev().skip(1).filter_map(|piece| words(piece).last());
    let after = pieces.iter().skip(1).filter_map(|piece| words(piece).next());
    before.chain(after).filter(|word| is_a_function(word)).map(str::to_owned).collect()
}

/// Whether a word looks like the name of an error number.
fn is_errno(word: &str) -> bool {
    word.starts_with('E') && word.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}

/// Functions of the kernel have names in lower case, nearly all with an underscore.
fn is_a_function(word: &str) -> bool {
    word.contains('_')
        && word.starts_with(|c: char| c == '_' || c.is_ascii_lowercase())
        && word.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
        && !NO_FUNCTIONS.contains(&word)
        && !["si_", "ssi_"].iter().any(|field| word.starts_with(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_name_functions() {
        let story = "[child 1] hardirq:\n     handle_level_irq →\n     lab_isr → kill_pid: SIGUSR1";
        assert_eq!(of_stacks(story), ["lab_isr", "handle_level_irq", "lab_isr", "kill_pid"]);
        assert_eq!(of_stacks("edu → kernel, SIG_IGN → x"), Vec::<String>::new());
    }

    #[test]
    fn a_chapter_has_one_link_for_a_word() {
        let mut places = Places(BTreeMap::new());
        places.add(words("kill_pid, EPERM"), "[a](chapters/a.md", "run-it");
        places.add(words("kill_pid"), "[a](chapters/a.md", "later");
        places.add(words("kill_pid()"), "[b](chapters/b.md", "first");
        assert_eq!(places.0["kill_pid"], ["[a](chapters/a.md#run-it)", "[b](chapters/b.md#first)"]);
        assert_eq!(places.0["EPERM"].len(), 1);
    }
}
