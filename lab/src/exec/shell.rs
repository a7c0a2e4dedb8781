//! An interactive shell: busybox on a terminal of the guest, with a lesson available.

use std::io::{IsTerminal, stdin};

use builder::guest::payload::PayloadFile;
use builder::guest::{kmods, programs};
use host::BUSYBOX;
use protocol::GuestFile;
use story::lesson::Lesson;

use super::{Executed, Join, Kmod, Request};
use crate::error::Error;
use crate::exec::request::Carry;
use crate::run::{Lab, Machine, replaced};

impl Lab<'_> {
    /// Runs a shell on this process's terminal until the person leaves it. With a lesson,
    /// the lesson's modules are loaded and all its files are in `/lab`.
    ///
    /// If standard input is not a terminal, the shell reads its commands from there and
    /// has no terminal either. A line editor would read the end of a file as a key.
    /// `mine` takes the place of the lesson's module of that name. `memory` is what its
    /// programs want, bytes.
    pub fn shell(
        &self,
        machine: &Machine,
        lesson: Option<&Lesson>,
        mine: Option<&PayloadFile>,
        memory: u64,
    ) -> Result<Executed, Error> {
        let mut request = Request::new(BUSYBOX, Vec::new())?;
        request.memory = memory;
        // The hyphen makes it a login shell. busybox becomes the shell because of the
        // name.
        request.argv0 = "-sh".to_owned();
        // The prompt shows the folder. The rest of its syntax is ash's own.
        request.env.push(("PS1".to_owned(), "upcall:\\w\\$ ".to_owned()));
        let term = std::env::var("TERM").unwrap_or_else(|_| "dumb".to_owned());
        request.env.push(("TERM".to_owned(), term));
        if let Some(lesson) = lesson {
            self.bring(machine, lesson, mine, &mut request)?;
        }
        let join = match stdin().is_terminal() {
            true => Join::Terminal,
            false => Join::InputAndOutput,
        };
        self.exec(machine, &request, join)
    }

    /// Adds a lesson to a request.
    fn bring(
        &self,
        machine: &Machine,
        lesson: &Lesson,
        mine: Option<&PayloadFile>,
        request: &mut Request,
    ) -> Result<(), Error> {
        let root = &self.course.root;
        let built = programs::build(root, &lesson.folder, &self.cache, self.progress)?;
        for name in programs::programs_of(root, &lesson.name.to_string()) {
            let host = built.folder.join(&name);
            request.files.push(Carry { host, guest: GuestFile::from(name).path() });
        }
        let modules = replaced(self.modules(machine, &lesson.experiment.kmods)?, mine);
        for load in &lesson.experiment.load {
            let guest = kmods::module_file(&load.kmod);
            let module = modules.iter().find(|module| module.guest == guest);
            let path = module.expect("a lesson loads only modules of its own").host.clone();
            request.kmods.push(Kmod::File { path, params: load.params.clone() });
        }
        for PayloadFile { host, guest } in modules {
            request.files.push(Carry { host, guest: guest.path() });
        }
        Ok(())
    }
}
