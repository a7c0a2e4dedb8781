//! Registers with `kmods/kill_pid`, says that it is ready, and spins until a signal
//! comes. The interrupt is raised from outside the machine.

use std::fs::File;
use std::hint::black_box;
use std::io;
use std::num::NonZero;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};

use marker::{check, mark};
use nix::libc::{self, c_int};
use nix::sys::mman::{MapFlags, ProtFlags, mmap};

const SIGNAL: c_int = 44;
/// `struct lab_kill_pid_target`: signal, priv, remember, padding.
type Target = [u32; 4];
nix::ioctl_write_ptr!(register, 0xed, 1, Target);

/// pvpanic-pci, and its bit that notifies the host without stopping the machine.
const PVPANIC: &str = "/sys/bus/pci/devices/0000:00:07.0/resource0";
const CRASH_LOADED: u8 = 2;

static CAME: AtomicBool = AtomicBool::new(false);

extern "C" fn on_signal(_: c_int) {
    mark!("handler");
    CAME.store(true, Ordering::Relaxed);
}

fn main() -> io::Result<()> {
    marker::open_trace();
    let handler = on_signal as extern "C" fn(c_int);
    // SAFETY: the handler does only what signal-safety(7) allows.
    let before = unsafe { libc::signal(SIGNAL, handler as libc::sighandler_t) };
    check!("signal()", before == libc::SIG_ERR, false);

    let device = File::options().read(true).write(true).open("/dev/lab_kill_pid")?;
    // SAFETY: the request reads a structure of this size.
    unsafe { register(device.as_raw_fd(), &[SIGNAL as u32, 1, 0, 0]) }?;

    let pvpanic = File::options().read(true).write(true).open(PVPANIC)?;
    let page = NonZero::new(4096).expect("it is not zero");
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a fresh mapping of a register page, used once below.
    let bit = unsafe { mmap(None, page, access, MapFlags::MAP_SHARED, &pvpanic, 0) }?;

    mark!("ready");
    // SAFETY: the mapping is writable and at least a byte long.
    unsafe { bit.cast::<u8>().write_volatile(CRASH_LOADED) };
    let mut turns = 0_u64;
    while !CAME.load(Ordering::Relaxed) {
        turns = black_box(turns + 1);
    }
    println!("the host's interrupt has come");
    Ok(())
}
