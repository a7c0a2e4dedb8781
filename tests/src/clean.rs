//! `clean --unused`, and the size limit that the cache enforces itself.

use std::fs::{self, File};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lab::run::Lab;
use libtest_mimic::Failed;

use crate::Test;
use crate::exec::same;
use crate::scratch::Scratch;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Tests both through the command line.
pub fn all(lab: &Arc<Lab<'static>>) -> Vec<Test> {
    let (for_days, for_bound) = (Arc::clone(lab), Arc::clone(lab));
    vec![
        Test::new("clean::unused".to_owned(), move || unused(&for_days)),
        Test::new("clean::bound".to_owned(), move || bound(&for_bound)),
    ]
}

/// Puts 1 MiB into the cache that was last used `days` ago.
fn put(scratch: &Scratch, name: &str, days: u32) -> Result<(), Failed> {
    let folder = scratch.cache.root().join("crates").join(name);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("file"), vec![1; 1 << 20])?;
    Ok(File::open(folder)?.set_modified(SystemTime::now() - DAY * days)?)
}

/// The names of those entries that still exist.
fn left(scratch: &Scratch) -> Result<Vec<String>, Failed> {
    let entries = fs::read_dir(scratch.cache.root().join("crates"))?;
    let name = |entry: std::io::Result<fs::DirEntry>| {
        Ok(entry?.file_name().to_string_lossy().into_owned())
    };
    let mut names = entries.map(name).collect::<std::io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn expect(scratch: &Scratch, expected: &[&str]) -> Result<(), Failed> {
    let left = left(scratch)?;
    if left == expected { Ok(()) } else { Err(format!("{left:?}, not {expected:?}").into()) }
}

fn unused(lab: &Lab<'_>) -> Result<(), Failed> {
    let scratch = Scratch::new(lab, &[])?;
    for (name, days) in [("ancient", 30), ("old", 8), ("recent", 6), ("today", 0)] {
        put(&scratch, name, days)?;
    }
    let clean = |words: &[&str]| -> Result<Output, Failed> {
        Ok(scratch.call(lab, &[&["clean"], words].concat())?.output()?)
    };
    let removed = |mib: u32| format!("removed {mib} MiB from {}\n", scratch.cache.root().display());
    same(&clean(&["--unused", "20"])?, 0, removed(1).as_bytes(), b"")?;
    expect(&scratch, &["old", "recent", "today"])?;
    same(&clean(&["--unused"])?, 0, removed(1).as_bytes(), b"")?;
    expect(&scratch, &["recent", "today"])?;
    same(&clean(&["--unused", "0"])?, 0, removed(2).as_bytes(), b"")?;
    expect(&scratch, &[])
}

/// Every process that builds something enforces the limit.
fn bound(lab: &Lab<'_>) -> Result<(), Failed> {
    // The versions of the host's programs are looked up and kept.
    let kinds: Vec<&str> =
        crate::scratch::ALL.iter().copied().filter(|&kind| kind != "versions").collect();
    let scratch = Scratch::new(lab, &kinds)?;
    put(&scratch, "old", 3)?;
    let run = |bound: &str| -> Result<Output, Failed> {
        let mut command: Command = scratch.call(lab, &["exec", "--", "true"])?;
        Ok(command.env("UPCALL_CACHE_GIB", bound).output()?)
    };
    let message = b"error: `UPCALL_CACHE_GIB` is `much`, which is not a number of GiB\n";
    same(&run("much")?, 125, b"", message)?;
    expect(&scratch, &["old"])?;
    same(&run("0")?, 0, b"", b"")?;
    expect(&scratch, &[])
}
