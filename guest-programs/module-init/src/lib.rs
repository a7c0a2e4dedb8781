//! What this lesson's programs know of `kmods/module_init`.

use std::ffi::CStr;
use std::fs;
use std::io::{self, Read as _};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module};
use nix::libc;
use nix::sys::stat::Mode;

/// The module, as the lab hands it to the program.
pub const MODULE_FILE: &str = "/lab/lab_module_init.ko";
/// The module, its driver, its numbers, its class and its device: one name.
pub const NAME: &str = "lab_module_init";

/// How many steps init takes.
pub const STEPS: u32 = 6;

/// Loads the module. If its init runs and fails, the error is init's own.
pub fn load(params: &CStr) -> nix::Result<()> {
    let file = open(MODULE_FILE, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    finit_module(file.as_fd(), params, ModuleInitFlags::empty())
}

/// Removes a module. Without the flag the call would do just the same: since
/// Linux 3.13 it does not wait for the last user.
pub fn remove(name: &CStr) -> nix::Result<()> {
    delete_module(name, DeleteModuleFlags::O_NONBLOCK)
}

/// Where user space finds something of the module just now.
pub fn found() -> io::Result<Vec<&'static str>> {
    let path = |path: String| Ok::<bool, io::Error>(Path::new(&path).exists());
    let text = |path| Ok::<bool, io::Error>(fs::read_to_string(path)?.contains(NAME));
    let mut found = Vec::new();
    for (place, there) in [
        ("/sys/bus/pci/drivers", path(format!("/sys/bus/pci/drivers/{NAME}"))?),
        ("/proc/interrupts", text("/proc/interrupts")?),
        ("/proc/devices", text("/proc/devices")?),
        ("/sys/class", path(format!("/sys/class/{NAME}"))?),
        ("/sys/dev/char", device_link()?),
        ("/dev", path(format!("/dev/{NAME}"))?),
        ("/sys/module", path(format!("/sys/module/{NAME}"))?),
        ("/proc/modules", text("/proc/modules")?),
    ] {
        if there {
            found.push(place);
        }
    }
    Ok(found)
}

/// Whether a character device of sysfs has the module's name.
fn device_link() -> io::Result<bool> {
    for entry in fs::read_dir("/sys/dev/char")? {
        if fs::read_link(entry?.path())?.ends_with(NAME) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The edu device, in sysfs.
pub fn edu() -> io::Result<PathBuf> {
    for entry in fs::read_dir("/sys/bus/pci/devices")? {
        let path = entry?.path();
        if fs::read_to_string(path.join("device"))?.trim() == "0x11e8" {
            return Ok(path);
        }
    }
    Err(Errno::ENODEV.into())
}

/// The kernel's log, from the moment of its opening on.
pub struct KernelLog(fs::File);

impl KernelLog {
    /// Opens the log behind its last message.
    pub fn open() -> io::Result<KernelLog> {
        use std::io::{Seek as _, SeekFrom};
        let mut file =
            fs::File::options().read(true).custom_flags(libc::O_NONBLOCK).open("/dev/kmsg")?;
        file.seek(SeekFrom::End(0))?;
        Ok(KernelLog(file))
    }

    /// Takes the messages that came since; one read(2) returns one of them.
    pub fn take(&mut self) -> io::Result<Vec<String>> {
        let mut messages = Vec::new();
        let mut record = [0; 2048];
        loop {
            match self.0.read(&mut record) {
                // "4,512,1234567,-;the message", then a line break: dmesg's
                // fields are of no interest here.
                Ok(size) => {
                    let record = String::from_utf8_lossy(&record[..size]);
                    let message = record.split_once(';').map_or(&*record, |(_, message)| message);
                    messages.push(message.trim_end().to_owned());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(messages),
                Err(error) => return Err(error),
            }
        }
    }
}
