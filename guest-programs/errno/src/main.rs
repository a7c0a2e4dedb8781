//! How does a driver say no?
//!
//! This program has `kmods/errno` refuse in every way that there is, and looks
//! at each refusal in three places: what the driver returns, what the system
//! call returns, and what libc makes of it. The first two are in the timeline.
//!
//! Documented in errno(3), ioctl(2), read(2), delete_module(2) and syscall(2).

use std::ffi::CStr;
use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, Ordering::Relaxed};

use errno as lab;
use errno::{Answer, ROOM};
use marker::{check, mark};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module};
use nix::libc::{self, c_int};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::stat::Mode;
use nix::sys::uio::pread;
use nix::unistd::{Whence, dup, lseek, read, write};

/// The smallest page of x86-64.
const PAGE: usize = 4096;

/// What the handler makes of an ioctl that is called again.
const AGAIN: i64 = 77;

/// The argument of the ioctl. The kernel reads it at each call, and so once more
/// at a call that is made again.
static ANSWER: Answer =
    Answer { value: AtomicI64::new(0), signal: AtomicU32::new(0), padding: AtomicU32::new(0) };

static RUNS: AtomicI32 = AtomicI32::new(0);

/// Only what signal-safety(7) allows: stores and one write(2).
extern "C" fn on_signal(_signal: c_int) {
    mark!("handler");
    RUNS.fetch_add(1, Relaxed);
    ANSWER.signal.store(0, Relaxed);
    ANSWER.value.store(AGAIN, Relaxed);
}

nix::ioctl_none!(
    /// A request that the module does not have.
    unknown, lab::IOC, 99
);

fn main() -> io::Result<()> {
    marker::open_trace();
    let device = open_device(OFlag::O_RDWR)?;

    no_such_request(&device)?;
    no_such_address(&device)?;
    no_such_value(&device)?;
    not_now(&device)?;
    as_much_as_there_is(&device)?;
    somebody_else_says_no(&device)?;
    somebody_else_has_it(&device)?;
    what_becomes_of_a_value(&device)?;
    errno_is_libcs(&device)?;
    orders_to_the_way_out(&device)?;
    drop(device);
    the_module_is_in_use()?;
    Ok(())
}

/// ENOTTY: the request is not one of this device's. The name is from the days
/// when terminals were the only devices with requests.
fn no_such_request(device: &OwnedFd) -> nix::Result<()> {
    mark!("1. an unknown request");
    // SAFETY: a request without an argument.
    let error = unsafe { unknown(device.as_raw_fd()) }.expect_err("the module lacks it");
    check!("unknown request", error, Errno::ENOTTY);
    println!("1. unknown request     {error}");
    Ok(())
}

/// EFAULT: an address that is not the program's. The driver finds out by trying.
fn no_such_address(device: &OwnedFd) -> nix::Result<()> {
    mark!("2. a bad pointer");
    // SAFETY: the kernel finds out that there is nothing at address 0.
    let error = unsafe { lab::answer(device.as_raw_fd(), ptr::null()) }.expect_err("page 0");
    check!("bad pointer", error, Errno::EFAULT);
    println!("2. bad pointer         {error}");
    Ok(())
}

/// EINVAL: a good request with a bad value in it.
fn no_such_value(device: &OwnedFd) -> nix::Result<()> {
    mark!("3. padding that is not 0");
    ANSWER.padding.store(1, Relaxed);
    // SAFETY: the argument lives for ever.
    let result = unsafe { lab::answer(device.as_raw_fd(), &ANSWER) };
    ANSWER.padding.store(0, Relaxed);
    let error = result.expect_err("the module looks at the padding");
    check!("bad value", error, Errno::EINVAL);
    println!("3. bad value           {error}");
    Ok(())
}

/// EAGAIN: it would have to wait, and may not. poll(2) says when to try again.
fn not_now(device: &OwnedFd) -> nix::Result<()> {
    check!("EWOULDBLOCK", Errno::EWOULDBLOCK, Errno::EAGAIN);
    fcntl(device, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;

    mark!("4. O_NONBLOCK: read of an empty queue");
    let error = read(device, &mut [0; ROOM]).expect_err("there is nothing");
    check!("read", error, Errno::EAGAIN);
    check!("poll", look(device)?, PollFlags::POLLOUT);
    println!("4. O_NONBLOCK, empty   {error}");
    println!("   poll: POLLOUT alone");

    mark!("4. O_NONBLOCK: write of 12 bytes, twice");
    check!("write", write(device, b"twelve bytes"), Ok(ROOM));
    check!("write", write(device, b"bytes"), Err(Errno::EAGAIN));
    check!("poll", look(device)?, PollFlags::POLLIN);
    println!("   write of 12 bytes: 8, for which there was room; again: EAGAIN");
    Ok(())
}

/// A part is no refusal. Here the buffer ends after 3 bytes: the driver has
/// taken them, so it says 3, and EFAULT only when asked again.
fn as_much_as_there_is(device: &OwnedFd) -> nix::Result<()> {
    let (two_pages, access) = (2 * PAGE, ProtFlags::PROT_READ | ProtFlags::PROT_WRITE);
    let length = two_pages.try_into().expect("not zero");
    // SAFETY: a fresh mapping, of which the second page is given back; only the
    // kernel is pointed there.
    unsafe {
        let start = mmap_anonymous(None, length, access, MapFlags::MAP_PRIVATE)?;
        munmap(start.add(PAGE), PAGE)?;
        let end = start.add(PAGE).as_ptr();
        mark!("5. read of 8 bytes to where 3 fit, then to where none does");
        let read = |buffer| Errno::result(libc::read(device.as_raw_fd(), buffer, ROOM));
        check!("read", read(end.sub(3)), Ok(3));
        check!("bytes", std::slice::from_raw_parts(end.sub(3).cast::<u8>(), 3), b"twe");
        check!("read", read(end), Err(Errno::EFAULT));
        munmap(start, PAGE)?;
    }
    let mut rest = [0; ROOM];
    check!("bytes left", read(device, &mut rest), Ok(5));
    check!("the bytes left", &rest[..5], b"lve b");
    println!("5. read of 8 bytes to where 3 fit: 3; to where none does: EFAULT");
    println!("   nothing is lost: the next read gets the other 5");
    Ok(())
}

/// Not every refusal is the driver's. These calls never reach it.
fn somebody_else_says_no(device: &OwnedFd) -> nix::Result<()> {
    let read_only = open_device(OFlag::O_RDONLY)?;
    mark!("6. calls that do not reach the driver");
    check!("write, opened for reading", write(&read_only, b"x"), Err(Errno::EBADF));
    check!("lseek on a stream", lseek(device, 0, Whence::SeekSet), Err(Errno::ESPIPE));
    check!("pread of a stream", pread(device, &mut [0], 0), Err(Errno::ESPIPE));
    let length = PAGE.try_into().expect("not zero");
    // SAFETY: a new mapping, if any, harms nobody.
    let mapping =
        unsafe { mmap(None, length, ProtFlags::PROT_READ, MapFlags::MAP_SHARED, device, 0) };
    check!("mmap without .mmap", mapping.err(), Some(Errno::ENODEV));
    let as_folder = open("/dev/lab_errno/x", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty());
    check!("open of a file in it", as_folder.err(), Some(Errno::ENOTDIR));
    println!("6. not the driver: write to O_RDONLY EBADF, lseek and pread");
    println!("   ESPIPE, mmap ENODEV, open of a file in it ENOTDIR");
    Ok(())
}

/// EBUSY: the device is somebody else's for the time being. The program may try
/// later, but nothing will tell it when.
fn somebody_else_has_it(device: &OwnedFd) -> nix::Result<()> {
    let other = open_device(OFlag::O_RDWR)?;
    mark!("7. claimed twice");
    check!("first claim", claim(device), Ok(0));
    let error = claim(&other).expect_err("it is claimed");
    check!("second claim", error, Errno::EBUSY);
    println!("7. claimed twice       {error}");
    Ok(())
}

/// The whole table, from what a driver returns to what a program sees. For libc,
/// -1 to -4095 are errors and all else is a result. The driver's function and the
/// system call return a long, but `vfs_ioctl` (fs/ioctl.c) in between keeps an int.
fn what_becomes_of_a_value(device: &OwnedFd) -> nix::Result<()> {
    println!("8. the driver returns        ioctl returns  errno");
    for (what, value, returned, errno) in [
        ("0", 0, 0, 0),
        ("1234", 1234, 1234, 0),
        ("EINVAL", 22, 22, 0),
        ("-1", -1, -1, libc::EPERM),
        ("-EINVAL", -22, -1, libc::EINVAL),
        ("-ENOIOCTLCMD", -515, -1, libc::ENOTTY),
        ("-ERESTARTSYS", -512, -1, 512),
        ("-ERESTARTNOINTR", -513, -1, 513),
        ("-ERESTARTNOHAND", -514, -1, 514),
        ("-ERESTART_RESTARTBLOCK", -516, -1, 516),
        ("-ENOTSUPP", -524, -1, 524),
        ("-4095", -4095, -1, 4095),
        ("-4096", -4096, -4096, 0),
        ("2^32", 1 << 32, 0, 0),
        ("2^31", 1 << 31, i32::MIN, 0),
    ] {
        mark!("8. say {}", value);
        check!(what, ask(device, value, 0), (returned, errno));
        // What has no name in this list is said so by strerror(3) too.
        let name = match Errno::from_raw(errno) {
            _ if errno == 0 => String::new(),
            Errno::UnknownErrno => "no name".to_owned(),
            known => format!("{known:?}"),
        };
        let line = format!("   {what:<26}{returned:<15}{errno:<5}{name}");
        println!("{}", line.trim_end());
    }
    mark!("8. done");
    Ok(())
}

/// The kernel knows of no errno. libc sets it upon a failure, and only then.
fn errno_is_libcs(device: &OwnedFd) -> nix::Result<()> {
    mark!("9. libc's wrapper, and the system call without it");
    ANSWER.value.store(-i64::from(libc::EINVAL), Relaxed);
    Errno::EDOM.set();
    let raw = raw_ioctl(device);
    check!("raw system call", (raw, Errno::last()), (-22, Errno::EDOM));
    check!("libc's", (answer(device), Errno::last()), (-1, Errno::EINVAL));
    ANSWER.value.store(0, Relaxed);
    check!("a success", (answer(device), Errno::last()), (0, Errno::EINVAL));
    println!("9. syscall instruction: -22, errno as it was; libc: -1, EINVAL");
    println!("   and after a success errno is EINVAL still");
    Ok(())
}

/// Four values are no errors, but orders to the way out of the kernel, which
/// obeys if a signal is pending. Otherwise they come out as they are: see 8.
fn orders_to_the_way_out(device: &OwnedFd) -> nix::Result<()> {
    println!("10. with a signal pending    handler        and SA_RESTART");
    for (what, value, plain, restart) in [
        ("-EINTR", -4, "EINTR", "EINTR"),
        ("-ERESTARTSYS", -512, "EINTR", "called again"),
        ("-ERESTARTNOINTR", -513, "called again", "called again"),
        ("-ERESTARTNOHAND", -514, "EINTR", "EINTR"),
        ("-ERESTART_RESTARTBLOCK", -516, "EINTR", "EINTR"),
    ] {
        for (flags, want) in [(SaFlags::empty(), plain), (SaFlags::SA_RESTART, restart)] {
            let with = if flags.is_empty() { "plain" } else { "restart" };
            handle(flags)?;
            mark!("10. {} {}", value, with);
            let got = match ask(device, value, Signal::SIGUSR1 as u32) {
                // The value that the handler put there.
                (77, 0) => "called again",
                (-1, libc::EINTR) => "EINTR",
                _ => "something else",
            };
            check!(what, got, want);
            check!("runs of the handler", RUNS.swap(0, Relaxed), 1);
        }
        println!("   {what:<26}{plain:<15}{restart}");
    }
    mark!("10. done");
    Ok(())
}

/// A module that is in use cannot be removed. It is the file operations' `.owner`
/// that counts, and the symbols that another module uses.
fn the_module_is_in_use() -> io::Result<()> {
    mark!("11. delete_module, in use and not");
    check!("use count", use_count()?, 0);
    let device = open_device(OFlag::O_RDWR)?;
    let copy = dup(&device)?;
    let other = open_device(OFlag::O_RDWR)?;
    // One for each open, not for each descriptor.
    check!("use count", use_count()?, 2);
    let error = remove(lab::MODULE).expect_err("its device is open");
    check!("removal, in use", error, Errno::EWOULDBLOCK);
    println!("11. use count 2, remove: {error}");
    drop((device, copy, other));
    check!("use count", use_count()?, 0);

    // Used by lab_errno, for its trace event.
    let error = remove(c"lab_trace").expect_err("another module needs it");
    check!("removal, needed", error, Errno::EWOULDBLOCK);
    println!("    needed by a module:  {error}");

    check!("removal, not in use", remove(lab::MODULE), Ok(()));
    let error = remove(lab::MODULE).expect_err("it is gone");
    check!("removal, gone", error, Errno::ENOENT);
    println!("    use count 0, remove: done; once more: {error}");

    let error = remove(c"lab_trace").expect_err("it has no module_exit");
    check!("removal, no exit", error, Errno::EBUSY);
    println!("    without module_exit: {error}");

    check!("loading", load(), Ok(()));
    let error = load().expect_err("it is there");
    check!("loading twice", error, Errno::EEXIST);
    println!("    loaded twice:        {error}");
    Ok(())
}

/// Has the driver return `value`, with a signal pending unless that is 0.
/// Returns what ioctl(3) returns, and errno, which is 0 before.
fn ask(device: &OwnedFd, value: i64, signal: u32) -> (c_int, i32) {
    ANSWER.value.store(value, Relaxed);
    ANSWER.signal.store(signal, Relaxed);
    Errno::clear();
    (answer(device), Errno::last_raw())
}

/// The ioctl as libc has it. nix would make a `Result` of it, and lose the
/// numbers that have no name.
fn answer(device: &OwnedFd) -> c_int {
    let request = nix::request_code_write!(lab::IOC, 1, size_of::<Answer>());
    // SAFETY: the module reads one Answer, which lives for ever.
    unsafe { libc::ioctl(device.as_raw_fd(), request, &raw const ANSWER) }
}

/// The ioctl without libc: syscall(2) would set errno as well.
fn raw_ioctl(device: &OwnedFd) -> i64 {
    let request = nix::request_code_write!(lab::IOC, 1, size_of::<Answer>());
    let result;
    // SAFETY: the arguments of the ioctl above, as syscall(2) says for x86-64;
    // the instruction changes rax, rcx and r11, and the kernel writes no memory.
    unsafe {
        std::arch::asm!(
            "syscall",
            inlateout("rax") libc::SYS_ioctl => result,
            in("rdi") device.as_raw_fd() as i64,
            in("rsi") request,
            in("rdx") &raw const ANSWER,
            lateout("rcx") _,
            lateout("r11") _,
        );
    }
    result
}

fn claim(device: &OwnedFd) -> nix::Result<c_int> {
    // SAFETY: a request without an argument.
    unsafe { lab::claim(device.as_raw_fd()) }
}

/// What poll(2) says of the device, without waiting.
fn look(device: &OwnedFd) -> nix::Result<PollFlags> {
    let mut fds = [PollFd::new(device.as_fd(), PollFlags::POLLIN | PollFlags::POLLOUT)];
    poll(&mut fds, PollTimeout::ZERO)?;
    fds[0].revents().ok_or(Errno::EINVAL)
}

fn use_count() -> io::Result<u32> {
    let count = fs::read_to_string("/sys/module/lab_errno/refcnt")?;
    count.trim().parse().map_err(|_| io::ErrorKind::InvalidData.into())
}

fn open_device(access: OFlag) -> nix::Result<OwnedFd> {
    open(lab::DEVICE, access | OFlag::O_CLOEXEC, Mode::empty())
}

fn load() -> nix::Result<()> {
    let file = open(lab::MODULE_FILE, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    finit_module(file.as_fd(), c"", ModuleInitFlags::empty())
}

fn remove(module: &CStr) -> nix::Result<()> {
    delete_module(module, DeleteModuleFlags::O_NONBLOCK)
}

fn handle(flags: SaFlags) -> nix::Result<()> {
    let action = SigAction::new(SigHandler::Handler(on_signal), flags, SigSet::empty());
    // SAFETY: the handler does only what signal-safety(7) allows.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.map(drop)
}
