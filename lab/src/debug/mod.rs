//! gdb on the debug kernel: a lesson's machine, stopped before it does
//! anything, with the symbols of the kernel and of each module once it is
//! loaded.
//!
//! The machine comes from the checkpoint of the debug kernel, so gdb is there a
//! moment after the command, and what it stops at, it stops at again the next
//! time: the guest's clock counts instructions, and stands still with them.

mod gdb;
mod suggest;

use std::cell::RefCell;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use builder::guest::payload::{Payload, PayloadFile};
use protocol::IDLE_FILE;
use vm::command::Device;

use crate::error::Error;
use crate::plan::Plan;
use crate::run::{Lab, Machine, nonce, wall_limit};

pub use gdb::{GDB, Script};
pub use suggest::{Suggestion, suggestions, text};

impl Lab<'_> {
    /// Runs gdb on a lesson's machine until gdb ends; the machine ends with it.
    ///
    /// `machine` is that of the debug kernel. `batch` is a file of commands for
    /// gdb to follow, instead of a person's. Returns gdb's exit status.
    pub fn debug(
        &self,
        machine: &Machine,
        plan: &Plan,
        batch: Option<&Script>,
    ) -> Result<u8, Error> {
        let kmods = &plan.experiment.kmods;
        let mut job = plan.job.clone();
        job.nonce = nonce()?;
        let programs = self.programs(plan)?;
        let mut modules = self.modules(machine, kmods)?;
        let mut payload = Payload::new(&job)?;
        for file in programs.iter().chain(&modules) {
            payload.add_file(file)?;
        }
        let payload = payload.finish()?;

        // It is in the initramfs, but gdb is to know it too.
        modules
            .push(PayloadFile { guest: IDLE_FILE.to_owned().into(), host: machine.idle.clone() });
        let session = gdb::Session {
            kernel: &machine.kernel,
            modules: &modules,
            sources: kmods.iter().map(|kmod| self.source(kmod)).collect(),
            batch,
        };
        let folder = session.prepare()?;
        let path = folder.path().join(gdb::SOCKET);
        // Here, not by QEMU: gdb finds somebody listening, however early it is.
        let socket = UnixListener::bind(&path).map_err(Error::file("listen at", path))?;

        // What edu does, the lesson's program has it do; the host's own access
        // to the machine belongs to tests.
        let mut devices = plan.devices();
        devices.retain(|device| *device == Device::Edu);
        let parts = machine.parts(plan.options.accel);
        let limit = wall_limit(&job, machine.kind);
        // Not from a boot: before the kernel has its page tables, gdb can read
        // nothing of it.
        let state = self.checkpoint(machine, plan.options.accel)?;
        let ended = RefCell::new(None);
        let attend = || *ended.borrow_mut() = Some(session.run(folder.path()));
        let debugger = vm::Debugger { socket: socket.as_fd(), attend: &attend };
        vm::run_joined(parts, &devices, &payload, Some(&state), limit, None, Some(debugger))?;
        ended.into_inner().expect("gdb ran before the machine ended")
    }

    /// Where a module's source lies: what it was compiled from was a copy.
    fn source(&self, kmod: &str) -> PathBuf {
        self.course.root.join("kmods").join(kmod)
    }
}
