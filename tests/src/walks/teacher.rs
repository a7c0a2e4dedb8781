//! A teacher: a class as it comes, its gradebook, and one student again.

use std::io::{Cursor, Write};

use lab::exercise::Sample;
use libtest_mimic::Failed;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::terminal::Terminal;
use super::{Course, write};

pub fn walk(course: &Course) -> Result<String, Failed> {
    let mut terminal = Terminal::new("")?;
    let class = terminal.folder().join("class");
    let sample = |sample| course.sigchld.sample(&sample);
    let ours = |file: &str| std::fs::read(builder::root().join("tests").join(file));
    write(&class.join("ann/sigchld/main.rs"), sample(Sample::Solution))?;
    let counts_exits_only = sample(Sample::Mutant("counts-exits-only".to_owned()));
    write(&class.join("bob.zip"), zipped("sigchld/main.rs", &counts_exits_only)?)?;
    write(&class.join("cat/sigchild/main.rs"), sample(Sample::Solution))?;
    write(&class.join("dan/sigchld/main.rs"), ours("attacks/hangs.rs")?)?;
    terminal.types("find class -type f | sort", 0)?;
    let outputs = "--gradebook book.csv --csv marks.csv --json marks.json";
    terminal.types(&format!("cargo xtask grade class --seed 42 {outputs}"), 0)?;
    terminal.types("cat book.csv", 0)?;
    terminal.types("cat marks.csv", 0)?;
    terminal.does("cat meant sigchld");
    terminal.types("mv class/cat/sigchild class/cat/sigchld", 0)?;
    let again = "--into marks.json --gradebook book.csv";
    terminal.types(&format!("cargo xtask grade class/cat --seed 42 {again}"), 0)?;
    terminal.types("cat book.csv", 0)?;
    terminal.told()
}

/// An archive with one file.
fn zipped(name: &str, text: &str) -> Result<Vec<u8>, Failed> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, SimpleFileOptions::default())?;
    archive.write_all(text.as_bytes())?;
    Ok(archive.finish()?.into_inner())
}
