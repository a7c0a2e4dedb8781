//! The files of a lesson that the book shows whole.

use std::io;
use std::path::Path;

use fs_err as fs;
use story::lesson::Lesson;

use lab::course::LESSONS;

/// The files of a lesson's programs and modules, from the root of the course: the list of
/// scenes, the scenes, what the lesson declares, then its modules.
pub fn of(root: &Path, lesson: &Lesson) -> io::Result<Vec<String>> {
    let folder = format!("{LESSONS}/{}", lesson.name);
    let mut sources = below(root, &format!("{folder}/src"), &["rs"])?;
    // main.rs is the list of the others.
    sources.sort_by_key(|file| !file.ends_with("/src/main.rs"));
    sources.push(format!("{folder}/lesson.toml"));
    // The module with the lab's own trace event belongs to no lesson.
    for kmod in lesson.experiment.kmods.iter().filter(|kmod| *kmod != "trace") {
        sources.extend(below(root, &format!("kmods/{kmod}"), &["c", "h"])?);
    }
    Ok(sources)
}

/// The files below a folder with one of some extensions, in the order of their names.
pub(crate) fn below(root: &Path, folder: &str, extensions: &[&str]) -> io::Result<Vec<String>> {
    let mut entries = fs::read_dir(root.join(folder))?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut files = Vec::new();
    for entry in entries {
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            files.extend(below(root, &path, extensions)?);
        } else if extensions.iter().any(|end| path.ends_with(&format!(".{end}"))) {
            files.push(path);
        }
    }
    Ok(files)
}
