//! An author: a new lesson, two mistakes in what it expects, and its story.

use std::path::Path;

use libtest_mimic::Failed;
use xshell::{Shell, cmd};

use super::Course;
use super::terminal::{Differs, Terminal, numbers};

pub fn walk(course: &Course) -> Result<String, Failed> {
    let mut terminal = Terminal::new("--course .")?;
    copy(&course.lab.course.root, terminal.folder())?;
    let lesson = "guest-programs/broken-pipe/lesson.toml";
    terminal.types("cargo xtask new broken-pipe", 0)?;
    terminal.types("cargo xtask run broken-pipe --story", 0)?;
    terminal.does("names a function that is on no stack");
    terminal.types(&format!("sed -i s/send_sig/__do_sys_write/ {lesson}"), 0)?;
    let folder = terminal.folder().canonicalize()?.display().to_string();
    terminal.types_differing("cargo xtask run broken-pipe", 3, &[place(folder)])?;
    terminal.does("puts it back, and counts wrongly");
    terminal.types(&format!("sed -i s/__do_sys_write/send_sig/ {lesson}"), 0)?;
    let counted = "/way out/,/count/s/count = 1/count = 2/";
    terminal.types(&format!("sed -i '{counted}' {lesson}"), 0)?;
    let run = "cargo xtask run broken-pipe --facts --grep delivers";
    terminal.types_differing(run, 1, &[numbers()])?;
    terminal.does("corrects it, and records the story");
    terminal.types(&format!("sed -i 's/count = 2/count = 1/' {lesson}"), 0)?;
    let times = || Differs { what: "how long it took", replace: Box::new(without_seconds) };
    terminal.types_differing("cargo xtask test --accept lessons::broken-pipe", 0, &[times()])?;
    terminal.types_differing("cargo xtask test lessons::broken-pipe", 0, &[times()])?;
    terminal.told()
}

/// A course that may be changed.
fn copy(root: &Path, folder: &Path) -> Result<(), Failed> {
    let sh = Shell::new()?;
    sh.change_dir(root);
    // The whole workspace, because Cargo wants all of its members.
    let files = ["Cargo.toml", "Cargo.lock", "course.md"];
    let folders = ["guest-programs", "kmods", "lab", "tests", "xtask"];
    let parts = files.into_iter().chain(folders);
    cmd!(sh, "cp --recursive --dereference --parents {parts...} {folder}").quiet().run()?;
    Ok(())
}

/// An error names a file by its whole path, and the line breaks before a long one.
fn place(folder: String) -> Differs {
    let replace = move |text: &str| {
        let text = text.replace(&format!("error:\n  `{folder}"), &format!("error: `{folder}"));
        text.replace(&folder, "‹upcall›")
    };
    Differs { what: "the folder of the checkout", replace: Box::new(replace) }
}

fn without_seconds(text: &str) -> String {
    let line = |line: &str| match line.split_once("finished in ") {
        Some((before, _)) => format!("{before}finished in ‹seconds›"),
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
