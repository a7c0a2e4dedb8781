//! gdb on the debug kernel: a lesson's machine is stopped before it does anything. gdb
//! has the symbols of the kernel, and of each module once it is loaded.
//!
//! The machine starts from the debug kernel's checkpoint, so gdb is ready at once. A
//! breakpoint is hit at the same moment in every run: the guest's clock counts
//! instructions, and stops while gdb has stopped the machine.

mod gdb;
mod suggest;

use std::cell::RefCell;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use builder::guest::payload::Payload;
use vm::command::Device;

use crate::error::Error;
use crate::mine::Mine;
use crate::plan::Plan;
use crate::run::{Lab, Machine, nonce, replaced, wall_limit};

pub use gdb::{GDB, Script};
pub use suggest::{Suggestion, suggestions, text};

impl Lab<'_> {
    /// Runs gdb on a lesson's machine until gdb ends. The machine ends with it.
    ///
    /// `machine` must have the debug kernel. `batch` is a file of commands to run instead
    /// of talking to a person. `mine` takes the place of the lesson's module of that name.
    /// Returns gdb's exit status.
    pub fn debug(
        &self,
        machine: &Machine,
        plan: &Plan,
        mine: Option<&Mine>,
        batch: Option<&Script>,
    ) -> Result<u8, Error> {
        let kmods = &plan.experiment.kmods;
        let mut job = plan.job.clone();
        job.nonce = nonce()?;
        let programs = self.programs(plan)?;
        let mut modules = replaced(self.modules(machine, kmods)?, mine.map(|mine| &mine.file));
        let mut payload = Payload::new(&job)?;
        for file in programs.iter().chain(&modules) {
            payload.add_file(file)?;
        }
        let payload = payload.finish()?;

        // These are in the initramfs, but gdb needs their symbols too.
        modules.extend(machine.modules.iter().cloned());
        let sources = kmods.iter().map(|kmod| self.source(kmod));
        let session = gdb::Session {
            kernel: &machine.kernel,
            modules: &modules,
            sources: mine.map(|mine| mine.folder.clone()).into_iter().chain(sources).collect(),
            batch,
        };
        let folder = session.prepare()?;
        let path = folder.path().join(gdb::SOCKET);
        // We listen here instead of in QEMU, so that gdb can connect at any time.
        let socket = UnixListener::bind(&path).map_err(Error::file("listen at", path))?;

        // The lesson's program controls edu. Host access to the machine is only for
        // tests.
        let mut devices = plan.devices();
        devices.retain(|device| *device == Device::Edu);
        let parts = machine.parts(plan.options.accel);
        let limit = wall_limit(&job, machine.kind);
        // Never boot here: gdb can read nothing of the kernel before it has its page
        // tables.
        let state = self.checkpoint(machine, plan.options.accel)?;
        let ended = RefCell::new(None);
        let attend = || *ended.borrow_mut() = Some(session.run(folder.path()));
        let debugger = vm::Debugger { socket: socket.as_fd(), attend: &attend };
        vm::run_joined(parts, &devices, &payload, Some(&state), limit, None, Some(debugger))?;
        ended.into_inner().expect("gdb ran before the machine ended")
    }

    /// The folder with a module's source, because the module was compiled from a copy.
    fn source(&self, kmod: &str) -> PathBuf {
        self.course.root.join("kmods").join(kmod)
    }
}
