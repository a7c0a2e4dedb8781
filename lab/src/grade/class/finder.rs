//! Finds what students handed in: looks through folders and archives.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fs_err as fs;
use nix::libc;
use process::Temporary;
use story::lesson::Name;

use super::{Class, Entries, Handed, Known, Note, Student};
use crate::exercise::submission::{Refused, is_litter, near};
use crate::grade::GradeError;
use crate::grade::download::{Download, What, first_name};
use crate::grade::unpack::{self, Form, UnpackError, unpack};

/// Finds the students of a class.
pub struct Finder<'a> {
    pub known: Known<'a>,
    pub class: Class,
    /// How many archives were unpacked.
    pub archives: usize,
}

impl Finder<'_> {
    /// Adds the students in a folder or an archive.
    pub fn place(&mut self, place: &Path) -> Result<(), GradeError> {
        let name = name_of(&fs::canonicalize(place)?);
        if place.is_dir() {
            return self.folder(fs::canonicalize(place)?, name);
        }
        // The student of an archive `...zip` would be the folder above.
        let form = Form::of(&name).filter(|_| !matches!(Form::stem(&name), "." | ".." | ""));
        let Some(form) = form else {
            return Err(GradeError::Unknown { path: place.to_owned() });
        };
        let archive = fs::File::open(place)?;
        let len = archive.metadata()?.len();
        let stem = Form::stem(&name).to_owned();
        let folder = self.new_folder(&stem)?;
        let left_out = unpack(archive, len, form, &folder, unpack::CLASS)
            .map_err(|error| GradeError::Unpack { path: place.to_owned(), error })?;
        self.class.left_out.extend(left_out.iter().map(|left| left_out_of(&name, left)));
        let root = self.root(folder.clone())?;
        let name = if root == folder { stem } else { name_of(&root) };
        self.folder(root, name)
    }

    /// Finds students in a folder. If it is one student's, it has that student's name.
    fn folder(&mut self, folder: PathBuf, name: String) -> Result<(), GradeError> {
        let entries = list(&folder)?;
        if entries.iter().any(|(name, _)| self.known.meant(name).is_some()) {
            let mut student = Student::new(name);
            self.work(&mut student, entries, false)?;
            self.class.students.push(student);
            return Ok(());
        }
        let mut downloaded: BTreeMap<String, (Student, Entries)> = BTreeMap::new();
        for (name, path) in entries {
            let is_folder = path.is_dir() || path.is_symlink();
            let download =
                if is_folder { Download::of_folder(&name) } else { Download::of_file(&name) };
            if let Some(download) = download {
                let of_student = downloaded.entry(download.student.clone());
                let (student, entries) = of_student
                    .or_insert_with(|| (Student::new(download.student), Entries::default()));
                student.id = download.id;
                if download.late {
                    student.note(format!("`{name}` was handed in late"));
                }
                match download.what {
                    What::Folder => entries.extend(folder_of(student, &name, &path)),
                    What::File(name) => entries.push((name, path)),
                    What::Typed => student.note(format!("`{name}` holds no files")),
                }
            } else if is_folder {
                let mut student = Student::new(name.clone());
                let entries = folder_of(&mut student, &name, &path);
                self.work(&mut student, entries, false)?;
                if let (true, Some(near)) = (student.work.is_empty(), self.known.course.near(&name))
                {
                    student.note(format!("taken for a student; did you mean the lesson `{near}`?"));
                }
                self.class.students.push(student);
            } else if Form::of(&name).is_some() {
                let mut student = Student::new(Form::stem(&name).to_owned());
                self.work(&mut student, vec![(name, path)], false)?;
                self.class.students.push(student);
            }
        }
        for (mut student, entries) in downloaded.into_values() {
            self.work(&mut student, entries, true)?;
            self.class.students.push(student);
        }
        Ok(())
    }

    /// Finds out what a student's files and folders are for. `downloaded`: a learning
    /// platform may have numbered the files.
    fn work(
        &mut self,
        student: &mut Student,
        entries: Entries,
        downloaded: bool,
    ) -> Result<(), GradeError> {
        let mut folders: BTreeMap<Name, Vec<(bool, String, PathBuf)>> = BTreeMap::new();
        let mut loose = Entries::new();
        let mut names: Vec<String> = entries.iter().map(|(name, _)| format!("`{name}`")).collect();
        self.sort(student, entries, true, &mut folders, &mut loose)?;
        for (lesson, mut found) in folders {
            // The lesson's own name is the best one.
            found.sort_by_key(|(place, name, _)| (name != lesson.as_str(), *place, name.clone()));
            let (place, name, path) = found.remove(0);
            if self.known.is_exercise(&lesson) {
                if place {
                    let text = format!("`{name}` means {lesson}");
                    student.notes.push(Note::Once(text));
                }
                student.notes.extend(self.known.course.numbered_otherwise(&name).map(Note::Once));
                for (_, other, _) in found {
                    student.note(format!("`{name}` is graded, and `{other}` is not"));
                }
            }
            student.work.insert(lesson, Handed::Folder(path));
        }
        self.files(student, loose, downloaded);
        let is_told = !student.work.is_empty() || student.problem.is_some();
        if !is_told && student.notes.is_empty() && !names.is_empty() {
            const SHOWN: usize = 3;
            let more = names.len() > SHOWN;
            names.truncate(SHOWN);
            let names = names.join(", ") + if more { ", …" } else { "" };
            student.note(format!("nothing is named like an exercise: {names}"));
        }
        Ok(())
    }

    /// Sorts what a student handed in by lessons. The rest is `loose` files.
    fn sort(
        &mut self,
        student: &mut Student,
        entries: Entries,
        unpack: bool,
        folders: &mut BTreeMap<Name, Vec<(bool, String, PathBuf)>>,
        loose: &mut Entries,
    ) -> Result<(), GradeError> {
        for (name, path) in entries {
            if let Some((lesson, place)) = self.known.meant(&name) {
                folders.entry(lesson).or_default().push((place, name, path));
            } else if path.is_symlink() {
                loose.push((name, path));
            } else if path.is_dir() {
                match self.known.course.near(&name) {
                    Some(near) => {
                        student.note(format!("`{name}` is no lesson; did you mean `{near}`?"));
                    }
                    None if name.starts_with("lesson-") => {
                        student.note(format!("`{name}` is no lesson"));
                    }
                    None => {}
                }
            } else if let (true, true, Some(form)) = (unpack, path.is_file(), Form::of(&name)) {
                if let Some(root) = self.unpack_work(student, &name, &path, form)? {
                    let entries = list(&root)?;
                    let lessons = |name: &String| self.known.meant(name).is_some();
                    let has_lessons = entries.iter().any(|(name, _)| lessons(name));
                    match self.known.meant(Form::stem(&name)) {
                        // The lesson's folder itself was packed.
                        Some((lesson, place)) if !has_lessons => {
                            let name = Form::stem(&name).to_owned();
                            folders.entry(lesson).or_default().push((place, name, root));
                        }
                        _ => self.sort(student, entries, false, folders, loose)?,
                    }
                }
            } else {
                loose.push((name, path));
            }
        }
        Ok(())
    }

    /// Finds out which exercises files without a folder are for.
    fn files(&self, student: &mut Student, loose: Entries, downloaded: bool) {
        let mut taken: Vec<(Name, String, PathBuf)> = Vec::new();
        let mut ignored = Vec::new();
        for (name, path) in loose {
            let first = if downloaded { first_name(&name) } else { name.clone() };
            let mut lessons = self.known.of_file(&name);
            if lessons.is_empty() {
                lessons = self.known.of_file(&first);
            }
            lessons.retain(|lesson| !student.work.contains_key(lesson));
            match lessons[..] {
                [lesson] => match taken.iter().find(|(other, ..)| other == lesson) {
                    None => {
                        taken.push((lesson.clone(), name, path));
                        continue;
                    }
                    Some((_, other, _)) => {
                        student.note(format!("`{other}` is graded, and `{name}` is not"));
                    }
                },
                [] => {
                    let files = self.known.files.iter().map(|(_, file)| file.as_str());
                    let known = self.known.of_file(&first);
                    if let (true, Some(near)) = (known.is_empty(), near(&name, files)) {
                        student.note(format!("`{name}` is of no exercise; did you mean `{near}`?"));
                    }
                }
                [..] => student.note(format!(
                    "`{name}` may be of several exercises; `--lesson` says of which"
                )),
            }
            ignored.push(name);
        }
        for (lesson, _, path) in taken {
            student.work.insert(lesson, Handed::File { path, ignored: ignored.clone() });
        }
    }

    /// Unpacks an archive that a student made, and returns the folder that has its
    /// files.
    fn unpack_work(
        &mut self,
        student: &mut Student,
        name: &str,
        path: &Path,
        form: Form,
    ) -> Result<Option<PathBuf>, GradeError> {
        let shown = PathBuf::from(name);
        let archive = match read(path) {
            Ok(Some(archive)) => archive,
            Ok(None) => {
                let reason = format!("it is longer than {} MiB", unpack::STUDENT.bytes >> 20);
                student.problem = Some(Refused::Archive { path: shown, reason });
                return Ok(None);
            }
            Err(error) => {
                student.problem = Some(Refused::read(&shown)(error));
                return Ok(None);
            }
        };
        let folder = self.new_folder(Form::stem(name))?;
        let len = archive.len() as u64;
        match unpack(Cursor::new(archive), len, form, &folder, unpack::STUDENT) {
            Ok(left_out) => {
                for left in left_out {
                    student.note(left_out_of(name, &left));
                }
                Ok(Some(self.root(folder)?))
            }
            Err(UnpackError::Refused(reason)) => {
                student.problem = Some(Refused::Archive { path: shown, reason });
                Ok(None)
            }
            Err(UnpackError::Host(error)) => Err(error.into()),
        }
    }

    /// A new folder to unpack something into.
    fn new_folder(&mut self, name: &str) -> Result<PathBuf, GradeError> {
        let all = match &self.class.unpacked {
            Some(all) => Arc::clone(all),
            None => Arc::new(Temporary::new()?),
        };
        self.archives += 1;
        let folder = all.path().join(self.archives.to_string()).join(name);
        self.class.unpacked = Some(all);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// The folder that was packed: many archives contain only one folder, with everything
    /// in it.
    fn root(&self, folder: PathBuf) -> Result<PathBuf, GradeError> {
        let entries = list(&folder)?;
        let means_something =
            |name: &str| self.known.meant(name).is_some() || Download::of_folder(name).is_some();
        Ok(match &entries[..] {
            [(name, path)] if path.is_dir() && !means_something(name) => path.clone(),
            _ => folder,
        })
    }
}

/// Reads a student's archive whole, so that an error of the host is not taken for the
/// archive's. `None` if it is longer than what it may unpack to.
fn read(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    // It may have become a link or a pipe in the meantime.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = std::fs::File::options().read(true).custom_flags(flags).open(path)?;
    let (mut archive, most) = (Vec::new(), unpack::STUDENT.bytes);
    file.take(most + 1).read_to_end(&mut archive)?;
    Ok((archive.len() as u64 <= most).then_some(archive))
}

/// What is in a student's folder.
fn folder_of(student: &mut Student, name: &str, folder: &Path) -> Entries {
    let path = PathBuf::from(name);
    if folder.is_symlink() {
        student.problem = Some(Refused::NotFolder { path, what: "a symbolic link" });
        return Entries::new();
    }
    list(folder).unwrap_or_else(|error| {
        student.problem = Some(Refused::Read { path, reason: error.to_string() });
        Entries::new()
    })
}

fn left_out_of(archive: &str, left: &str) -> String {
    format!("`{left}` in `{archive}` is neither a file nor a folder and was left out")
}

pub fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The names and paths in a folder, in order, without what is hidden and what no student
/// has made.
fn list(folder: &Path) -> std::io::Result<Entries> {
    let mut entries = fs::read_dir(folder)?
        .map(|entry| {
            let entry = entry?;
            Ok((entry.file_name().to_string_lossy().into_owned(), entry.path()))
        })
        .collect::<std::io::Result<Entries>>()?;
    entries.retain(|(name, _)| !name.starts_with('.') && !is_litter(name));
    entries.sort();
    Ok(entries)
}
