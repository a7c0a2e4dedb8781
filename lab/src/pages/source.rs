//! The source of a lesson's program.

use std::path::Path;

use fs_err as fs;
use page::Source;
use story::lesson::Lesson;

use crate::course::LESSONS;
use crate::error::Error;

/// The program's files, by the names that its marks have for them. None if the lesson's
/// folder is not there, as for a record from elsewhere.
pub(super) fn of_lesson(lesson: &Lesson) -> Result<Vec<Source>, Error> {
    let mut sources = Vec::new();
    if lesson.folder.join("src").is_dir() {
        read(&lesson.folder, Path::new("src"), &mut sources)?;
    }
    // `file!()` starts at the root of the tree.
    for source in &mut sources {
        source.path = format!("{LESSONS}/{}/{}", lesson.name, source.path);
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(sources)
}

fn read(root: &Path, folder: &Path, sources: &mut Vec<Source>) -> Result<(), Error> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            read(root, &path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(entry.path())?;
            sources.push(Source { path: path.display().to_string(), text });
        }
    }
    Ok(())
}
