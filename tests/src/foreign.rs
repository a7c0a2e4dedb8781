//! Other people's programs, as listed in `docs/foreign-programs.md`: each row is a test,
//! and the test compares what the row says.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use lab::error::Error;
use lab::run::Machine;
use libtest_mimic::Failed;

use crate::Test;

/// One row of the table.
struct Row {
    program: String,
    from: String,
    arguments: String,
    here: i32,
}

/// What the second cell begins with if the program is the kernel's own test.
const SELFTESTS: &str = "selftests/";

/// One test per row. A program that is not installed is skipped.
pub fn all(machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let path = builder::root().join("docs/foreign-programs.md");
    let text = std::fs::read_to_string(&path).map_err(Error::file("read", path))?;
    let test = |row: Row| {
        let selftests = machine.kernel.source.dir.join("tools/testing/selftests");
        let (name, program) = (format!("foreign::{}", row.program), row.program.clone());
        let is_selftest = row.from.starts_with(SELFTESTS);
        let test = Test::new(name, move || check(&row, &selftests));
        if is_selftest { test } else { test.needs(program) }
    };
    Ok(rows(&text).into_iter().map(test).collect())
}

/// The rows of the table whose first cell is a program in backquotes.
fn rows(text: &str) -> Vec<Row> {
    let row = |line: &str| {
        // A bar in a command also splits it, so the parts are joined again.
        let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
        let program = cells.next()?.strip_suffix('`')?.to_owned();
        let from = cells.next()?.to_owned();
        let rest: Vec<&str> = cells.collect();
        let here = rest.iter().rposition(|cell| cell.parse::<i32>().is_ok())?.checked_sub(1)?;
        let arguments = rest[..here].join(" | ");
        Some(Row { program, from, arguments, here: rest[here].parse().ok()? })
    };
    text.lines().filter_map(row).collect()
}

fn check(row: &Row, selftests: &Path) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let program = match row.from.strip_prefix(SELFTESTS) {
        None => row.program.clone(),
        Some(source) => {
            let program = folder.path().join(&row.program);
            compile(selftests, &selftests.join(source), &program)?;
            program.display().to_string()
        }
    };
    // The table quotes arguments as a shell does.
    let output = Command::new("sh")
        .env("XTASK", std::env::current_exe()?)
        .args(["-c", &format!("\"$XTASK\" exec --guest-timeout 60 -- {program} {}", row.arguments)])
        .stdin(Stdio::null())
        .output()?;
    if output.status.code() == Some(row.here) {
        return Ok(());
    }
    Err(format!(
        "{}, but the table says {}\n{}{}",
        output.status,
        row.here,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}

/// Compiles a selftest as its own Makefile would, but statically.
fn compile(selftests: &Path, folder: &Path, program: &Path) -> Result<(), Failed> {
    let name = program.file_name().unwrap_or_default();
    let source: PathBuf = folder.join(name).with_extension("c");
    let output = Command::new("gcc")
        .args(["-static", "-O1", "-w", "-D_GNU_SOURCE=", "-I"])
        .arg(selftests)
        .arg("-I")
        .arg(folder.join("../include"))
        .arg("-o")
        .arg(program)
        .arg(source)
        .args(["-lpthread", "-lrt"])
        .output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_from_the_table() {
        let text = "| program | from |\n|---|---|\n| `a` | selftests/x | | 4 | 0 | skips (4) |\n\
                    | `b` | pkg | -c 'x | y' | 137 | 137 | |\n";
        let found: Vec<_> =
            rows(text).into_iter().map(|r| (r.program, r.from, r.arguments, r.here)).collect();
        let row = |p: &str, f: &str, a: &str, h| (p.to_owned(), f.to_owned(), a.to_owned(), h);
        assert_eq!(found, [row("a", "selftests/x", "", 4), row("b", "pkg", "-c 'x | y'", 137)]);
    }
}
