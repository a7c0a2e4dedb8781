//! Keeps a list of the files in a folder, and prints it when it may have changed.
//!
//! Usage: main FOLDER

use std::collections::BTreeSet;
use std::path::Path;

// region: imports
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, InotifyEvent};
// endregion

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

// region: masks
/// Events after which a name is in the folder, and after which it is not.
// region: events
const COMES: AddWatchFlags = AddWatchFlags::IN_CREATE.union(AddWatchFlags::IN_MOVED_TO);
const GOES: AddWatchFlags = AddWatchFlags::IN_DELETE.union(AddWatchFlags::IN_MOVED_FROM);
// endregion

// endregion
/// Begins to watch the folder, and makes the first list.
fn start(folder: &Path) -> Result<(Inotify, BTreeSet<String>)> {
    // region: start
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC)?;
    // region: solution
    // First the watch, then the scan. What comes in between is seen twice, by the
    // scan and as an event, which does no harm to a set. The other way round
    // neither would see it.
    // endregion
    inotify.add_watch(folder, COMES | GOES)?;
    Ok((inotify, scan(folder)?))
    // endregion
}

/// Changes the list as an event says.
// region: note
// region: signature
fn note(event: &InotifyEvent, folder: &Path, files: &mut BTreeSet<String>) -> Result<()> {
    // endregion
    // region: solution
    // Events were lost, and nobody can say which names came and which names went.
    // So the old list is worth nothing. Events that come from now on may be older
    // than the scan. They do no harm, because the last event of a name decides.
    // endregion
    // region: overflow
    if event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
        // region: again
        *files = scan(folder)?;
        // endregion
        return Ok(());
    }
    // endregion
    if let Some(name) = &event.name {
        let name = name.to_string_lossy().into_owned();
        if event.mask.intersects(COMES) {
            files.insert(name);
        } else if event.mask.intersects(GOES) {
            files.remove(&name);
        }
    }
    Ok(())
}
// endregion

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
