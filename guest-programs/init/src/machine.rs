//! What PID 1 does with the machine itself: host name, log, modules, PCI, power.

use std::convert::Infallible;
use std::ffi::CString;
use std::fs;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;

use nix::kmod::{ModuleInitFlags, finit_module};
use nix::sys::reboot::{RebootMode, reboot};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use protocol::{GuestFile, USERS, User};

/// Only the kernel that watches itself has this: what its leak detector finds. A read
/// lists what is lost, a write is a command.
pub const KMEMLEAK: &str = "/sys/kernel/debug/kmemleak";

/// Writes a line to the kernel log, which the host keeps.
pub fn log(line: &str) {
    // If even this fails, there is nowhere left to report it.
    if let Ok(mut kmsg) = fs::OpenOptions::new().write(true).open("/dev/kmsg") {
        let _ = kmsg.write_all(line.as_bytes());
    }
}

/// Sets up what programs expect of a machine besides its file systems.
pub fn set_up() -> Result<(), String> {
    nix::unistd::sethostname("upcall").map_err(|e| format!("failed to set the host name: {e}"))?;
    bring_up_loopback().map_err(|e| format!("failed to bring up `lo`: {e}"))?;
    // Names that a shell or a C library would look up.
    let line =
        |user: &User| format!("{0}:x:{1}:{1}::{2}:/bin/sh\n", user.name, user.uid, user.home);
    let passwd: String = USERS.iter().map(line).collect();
    let group: String =
        USERS.iter().map(|user| format!("{}:x:{}:\n", user.name, user.uid)).collect();
    for (path, text) in [
        ("/etc/passwd", passwd.as_str()),
        ("/etc/group", group.as_str()),
        ("/etc/hosts", "127.0.0.1 localhost upcall\n"),
        ("/etc/hostname", "upcall\n"),
    ] {
        fs::create_dir_all("/etc")
            .and_then(|()| fs::write(path, text))
            .map_err(|e| format!("failed to write `{path}`: {e}"))?;
    }
    fs::create_dir_all("/root").map_err(|e| format!("failed to create `/root`: {e}"))?;
    for (path, target) in [
        ("/dev/fd", "/proc/self/fd"),
        ("/dev/stdin", "/proc/self/fd/0"),
        ("/dev/stdout", "/proc/self/fd/1"),
        ("/dev/stderr", "/proc/self/fd/2"),
    ] {
        symlink(target, path).map_err(|e| format!("failed to link `{path}`: {e}"))?;
    }
    Ok(())
}

/// Switches the loopback device on; the kernel gives it 127.0.0.1 by itself
/// (`inetdev_event`, net/ipv4/devinet.c). See netdevice(7).
fn bring_up_loopback() -> nix::Result<()> {
    use nix::libc::{IFF_UP, SIOCGIFFLAGS, SIOCSIFFLAGS, ifreq};
    nix::ioctl_readwrite_bad!(get_flags, SIOCGIFFLAGS, ifreq);
    nix::ioctl_write_ptr_bad!(set_flags, SIOCSIFFLAGS, ifreq);
    let socket = socket(AddressFamily::Inet, SockType::Datagram, SockFlag::SOCK_CLOEXEC, None)?;
    // SAFETY: all zeros are a valid ifreq: an empty name and no flags.
    let mut request: ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = from.cast_signed();
    }
    // SAFETY: both requests take an ifreq with a name in it; the first fills in
    // the flags, which are what the union then holds.
    unsafe {
        get_flags(socket.as_raw_fd(), &mut request)?;
        request.ifr_ifru.ifru_flags |= IFF_UP as i16;
        set_flags(socket.as_raw_fd(), &request)?;
    }
    Ok(())
}

/// Loads a kernel module, with parameters as finit_module(2) takes them.
pub fn load_module(module: &GuestFile, params: &str) -> Result<(), String> {
    let path = module.path();
    let file = fs::File::open(&path).map_err(|e| format!("failed to open `{path}`: {e}"))?;
    let params =
        CString::new(params).map_err(|_| format!("parameters of `{module}` contain a NUL"))?;
    finit_module(file, &params, ModuleInitFlags::empty())
        .map_err(|e| format!("failed to load `{module}`: {e}"))
}

/// Whether an idle processor waits awake or halted: the parameter of `lab_idle`.
pub fn stay_awake(awake: bool) -> Result<(), String> {
    set_parameter("lab_idle/parameters/awake", awake)
}

/// Makes a halted machine end: the parameter of `lab_halt`.
pub fn end_when_halted() -> Result<(), String> {
    set_parameter("lab_halt/parameters/ends", true)
}

fn set_parameter(name: &str, value: bool) -> Result<(), String> {
    write(&format!("/sys/module/{name}"), if value { "Y" } else { "N" })
}

/// Makes the kernel find devices that were not there when it booted: a
/// restored machine has more of them than the saved one.
pub fn rescan_pci() -> Result<(), String> {
    write("/sys/bus/pci/rescan", "1")
}

/// Lets every kernel message out to the host. While the machine boots, `quiet`
/// keeps them inside, because each character costs an exit to QEMU.
pub fn speak_up() -> Result<(), String> {
    const ALL: &str = "8"; // one above KERN_DEBUG, include/linux/kern_levels.h
    write("/proc/sys/kernel/printk", ALL)
}

/// Writes to a file of the kernel's.
pub fn write(path: &str, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("failed to write `{path}`: {e}"))
}

/// Ends the machine. The lab's QEMU runs with `-no-reboot`, so a reset ends it.
pub fn power_off() -> Result<Infallible, String> {
    reboot(RebootMode::RB_AUTOBOOT).map_err(|e| format!("failed to end the machine: {e}"))
}
