//! Keeps a list of the files in a folder, and prints it when it may have changed.
//!
//! Usage: main FOLDER

use std::collections::BTreeSet;
use std::path::Path;

use nix::sys::inotify::{InitFlags, Inotify, InotifyEvent};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Begins to watch the folder, and makes the first list.
fn start(folder: &Path) -> Result<(Inotify, BTreeSet<String>)> {
    // TODO: watch the folder. A file may be created at any moment, also now.
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC)?;
    Ok((inotify, scan(folder)?))
}

/// Changes the list as an event says.
fn note(event: &InotifyEvent, folder: &Path, files: &mut BTreeSet<String>) -> Result<()> {
    // TODO: add what has come to the list, and take away what has gone.
    let _ = (event, folder, files);
    Ok(())
}

/// The names of the files that are in the folder now.
fn scan(folder: &Path) -> Result<BTreeSet<String>> {
    let mut files = BTreeSet::new();
    for entry in folder.read_dir()? {
        files.insert(entry?.file_name().to_string_lossy().into_owned());
    }
    Ok(files)
}

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).ok_or("usage: main FOLDER")?;
    let folder = Path::new(&folder);

    let (inotify, mut files) = start(folder)?;
    print(&files);
    loop {
        for event in inotify.read_events()? {
            note(&event, folder, &mut files)?;
        }
        print(&files);
    }
}

fn print(files: &BTreeSet<String>) {
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    println!("{}", names.join(" "));
}
