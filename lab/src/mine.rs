//! A student's module in other places than its exercise: in the lesson, in a shell, under
//! gdb, with any program. And the lab's own modules by their folder.

use std::path::{Path, PathBuf};

use builder::guest::kmods;
use builder::guest::payload::PayloadFile;
use explain::{ExitStatus, Explain, visible_lines};
use story::lesson::{Lesson, Name};

use crate::classroom::{FOLDER, Work};
use crate::error::Error;
use crate::exec::Kmod;
use crate::exec::request::KmodSource;
use crate::exercise::submission::Submission;
use crate::exercise::values::Seed;
use crate::exercise::{Exercise, StudentFile};
use crate::run::{Lab, Machine};

/// The module that others in `kmods/` need.
const TRACE: &str = "trace";

/// Why there is no module of a student for a lesson.
#[derive(Debug, thiserror::Error)]
pub enum MineError {
    #[error("the exercise of {lesson} is a program, not a module")]
    Program { lesson: String },
    #[error("{lesson} does not load `{module}`")]
    NotLoaded { lesson: String, module: String },
}

impl Explain for MineError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }
}

/// A student's module.
#[derive(Debug, Clone)]
pub struct Mine {
    /// It has the name of the lesson's.
    pub file: PayloadFile,
    /// The folder with its source.
    pub folder: PathBuf,
}

impl Lab<'_> {
    /// Compiles a student's module for a machine, to take the place of the lesson's.
    pub fn mine(&self, machine: &Machine, work: &Work, lesson: &Lesson) -> Result<Mine, Error> {
        let mine = self.students_module(machine, work, lesson)?;
        let replaced = |kmod: &String| kmods::module_file(kmod) == mine.file.guest;
        match lesson.experiment.kmods.iter().any(replaced) {
            true => Ok(mine),
            false => {
                let (lesson, module) = (lesson.name.to_string(), mine.file.guest.module_name());
                Err(MineError::NotLoaded { lesson, module }.into())
            }
        }
    }

    fn students_module(
        &self,
        machine: &Machine,
        work: &Work,
        lesson: &Lesson,
    ) -> Result<Mine, Error> {
        let exercise = Exercise::read(lesson, Seed::default())?;
        let StudentFile::Module { name } = &exercise.file else {
            return Err(MineError::Program { lesson: lesson.name.to_string() }.into());
        };
        work.started(&exercise)?;
        let folder = work.folder(&exercise);
        let Submission { shown, text, .. } = Submission::take(&folder, name)?;
        let (path, kernel) = (Path::new(FOLDER).join(shown), &machine.kernel);
        let (file, warnings) = self.compiler().student_module(&exercise, &path, &text, kernel)?;
        if let Some(warnings) = warnings {
            self.progress.note(&visible_lines(warnings.trim_end()));
        }
        Ok(Mine { file, folder })
    }

    /// Builds the modules of folders that need no Makefile, because the lab knows them: a
    /// student's in `work/`, and those in `kmods/`. They are loaded after the module with
    /// the lab's trace event if they need that. Other modules stay as they are.
    pub fn known(
        &self,
        machine: &Machine,
        work: &Work,
        kmods: Vec<Kmod>,
    ) -> Result<Vec<Kmod>, Error> {
        let mut known = Vec::new();
        for kmod in kmods {
            let Kmod::Source { source: KmodSource { folder, params }, .. } = &kmod else {
                known.push(kmod);
                continue;
            };
            let Some(path) = self.known_folder(machine, work, folder)? else {
                known.push(kmod);
                continue;
            };
            let trace = self.trace_module(machine)?;
            let is_there =
                known.iter().any(|k| matches!(k, Kmod::File { path, .. } if *path == trace));
            let depends = b"depends=lab_trace";
            if !is_there && fs_err::read(&path)?.windows(depends.len()).any(|part| part == depends)
            {
                known.push(Kmod::File { path: trace, params: String::new() });
            }
            known.push(Kmod::File { path, params: params.clone() });
        }
        Ok(known)
    }

    pub(crate) fn trace_module(&self, machine: &Machine) -> Result<PathBuf, Error> {
        let (root, kernel) = (&self.course.root, &machine.kernel);
        Ok(kmods::build(root, TRACE, kernel, &self.cache, self.progress)?)
    }

    /// The module of a folder that the lab knows.
    fn known_folder(
        &self,
        machine: &Machine,
        work: &Work,
        folder: &Path,
    ) -> Result<Option<PathBuf>, Error> {
        let Ok(folder) = folder.canonicalize() else { return Ok(None) };
        let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
            return Ok(None);
        };
        let name = name.to_string_lossy();
        let is_in = |root: &Path| root.canonicalize().is_ok_and(|root| root == parent);
        let root = &self.course.root;
        if is_in(&root.join("kmods")) && folder.join("Kbuild").is_file() {
            let kernel = &machine.kernel;
            return Ok(Some(kmods::build(root, &name, kernel, &self.cache, self.progress)?));
        }
        let has_makefile = ["Kbuild", "Makefile"].iter().any(|file| folder.join(file).exists());
        if !is_in(work.root()) || has_makefile {
            return Ok(None);
        }
        let Some(name) = Name::of_work(&name) else { return Ok(None) };
        let lesson = self.course.find(name.as_str())?;
        Ok(Some(self.students_module(machine, work, &lesson)?.file.host))
    }
}
