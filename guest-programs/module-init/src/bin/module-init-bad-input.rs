//! What the loading of `kmods/module_init` does with what no well-behaved
//! program asks of it: every refusal with its exact error, and nothing left
//! behind by any.
//!
//! Not a lesson but a test of the module; the lesson is `main.rs`. It runs
//! where that runs: as root, with edu on the bus and the module not loaded.

use std::ffi::{CStr, CString};
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _};

use bad_input::{ended, start};
use marker::{check, mark};
use module_init::{MODULE_FILE, NAME, STEPS, edu, found, load, remove};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::kmod::{DeleteModuleFlags, ModuleInitFlags, delete_module, finit_module, init_module};
use nix::libc;
use nix::sys::stat::Mode;
use nix::unistd::{Uid, setuid};

const MODULE: &CStr = c"lab_module_init";
const NOTHING: [&str; 0] = [];

/// An address at which this program has nothing: in the kernel's half.
const NOWHERE: usize = 0xffff_8000_0000_0000;

fn main() -> io::Result<()> {
    marker::open_trace();
    bad_parameters()?;
    bad_images()?;
    bad_descriptors()?;
    bad_names()?;
    without_permission()?;
    failing_again_and_again()?;
    bad_use_of_the_file()?;
    removing_the_device_while_open()?;
    println!("every refusal was the right one");
    Ok(())
}

fn bad_parameters() -> io::Result<()> {
    mark!("bad parameters");
    for (params, error) in [
        (c"fail_at=7", Errno::EINVAL),
        (c"fail_at=-1", Errno::EINVAL),
        (c"fail_at=", Errno::EINVAL),
        (c"fail_at", Errno::EINVAL),
        (c"fail_at=1x", Errno::EINVAL),
        // kstrtouint() says so, and module parameters pass it on.
        (c"fail_at=4294967296", Errno::ERANGE),
        (c"fail_at=1 error=0", Errno::EINVAL),
        (c"fail_at=1 error=4096", Errno::EINVAL),
        (c"returns=2147483648", Errno::EINVAL),
        (c"returns=-5", Errno::EINVAL),
    ] {
        check!(params.to_string_lossy(), load(params), Err(error));
        check!("found", found()?, NOTHING);
    }
    // The borders of what is allowed.
    let result = load(c"fail_at=6 error=4095").map_err(|_| Errno::last_raw());
    check!("the last errno", result, Err(4095));
    check!("the last positive value", load(c"returns=2147483647"), Ok(()));
    check!("removal", remove(MODULE), Ok(()));
    Ok(())
}

/// The image is checked before anything of it is run.
fn bad_images() -> io::Result<()> {
    mark!("bad images");
    let image = fs::read(MODULE_FILE)?;
    for (what, image) in [
        ("nothing", &image[..0]),
        ("the header's half", &image[..32]),
        ("the header", &image[..64]),
        ("half of it", &image[..image.len() / 2]),
        ("all but the last byte", &image[..image.len() - 1]),
    ] {
        check!(what, init_module(image, c""), Err(Errno::ENOEXEC));
    }
    let mut other = image.clone();
    other[0] ^= 1;
    check!("another magic number", init_module(&other, c""), Err(Errno::ENOEXEC));
    let mut other = image;
    let vermagic = b"\0vermagic=6";
    let at = other.windows(vermagic.len()).position(|window| window == vermagic);
    other[at.ok_or(io::ErrorKind::NotFound)? + vermagic.len() - 1] = b'5';
    check!("for another kernel", init_module(&other, c""), Err(Errno::ENOEXEC));

    // SAFETY: the kernel finds out that there is nothing at these addresses.
    let result = unsafe { libc::syscall(libc::SYS_init_module, NOWHERE, 4096, c"".as_ptr()) };
    check!("an image nowhere", Errno::result(result), Err(Errno::EFAULT));
    let file = File::open(MODULE_FILE)?;
    // SAFETY: as above.
    let result = unsafe { libc::syscall(libc::SYS_finit_module, file.as_raw_fd(), NOWHERE, 0) };
    check!("parameters nowhere", Errno::result(result), Err(Errno::EFAULT));
    check!("found", found()?, NOTHING);
    Ok(())
}

fn bad_descriptors() -> io::Result<()> {
    mark!("bad descriptors");
    let none = ModuleInitFlags::empty();
    let mut file = File::create("/tmp/empty")?;
    check!("open for writing only", finit_module(&file, c"", none), Err(Errno::EBADF));
    file.write_all(b"no module at all, but longer than the header of an ELF file is\n\n\n\n")?;
    drop(file);
    check!("text", finit_module(File::open("/tmp/empty")?, c"", none), Err(Errno::ENOEXEC));
    check!("a folder", finit_module(File::open("/tmp")?, c"", none), Err(Errno::EINVAL));
    let file = open(MODULE_FILE, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    // SAFETY: the kernel refuses a flag that it does not know.
    let result =
        unsafe { libc::syscall(libc::SYS_finit_module, file.as_raw_fd(), c"".as_ptr(), 1 << 30) };
    check!("an unknown flag", Errno::result(result), Err(Errno::EINVAL));
    // The position of the descriptor does not matter: the file is read whole.
    let mut file = File::from(file);
    file.seek(io::SeekFrom::End(0))?;
    check!("at its end", finit_module(file.as_fd(), c"", none), Ok(()));
    check!("removal", remove(MODULE), Ok(()));
    check!("found", found()?, NOTHING);
    Ok(())
}

fn bad_names() -> io::Result<()> {
    mark!("bad names");
    check!("no name", remove(c""), Err(Errno::ENOENT));
    check!("not loaded", remove(MODULE), Err(Errno::ENOENT));
    // The file's name is not the module's: that is inside.
    check!("with a suffix", remove(c"lab_trace.ko"), Err(Errno::ENOENT));
    let long = CString::new("x".repeat(100))?;
    check!("a long name", remove(&long), Err(Errno::ENOENT));
    load(c"")?;
    let file = File::open(format!("/dev/{NAME}"))?;
    // Forced removal is a choice at the kernel's build, and ours is against it.
    let force = DeleteModuleFlags::O_NONBLOCK | DeleteModuleFlags::O_TRUNC;
    check!("by force", delete_module(MODULE, force), Err(Errno::EWOULDBLOCK));
    // Without O_NONBLOCK the call does not wait either.
    let wait = DeleteModuleFlags::empty();
    check!("waiting", delete_module(MODULE, wait), Err(Errno::EWOULDBLOCK));
    drop(file);
    check!("removal", remove(MODULE), Ok(()));
    Ok(())
}

fn without_permission() -> io::Result<()> {
    mark!("without permission");
    let child = start(|| {
        setuid(Uid::from_raw(1000))?;
        check!("loading", load(c""), Err(Errno::EPERM));
        check!("loading an image", init_module(b"", c""), Err(Errno::EPERM));
        check!("removal", remove(MODULE), Err(Errno::EPERM));
        Ok(())
    })?;
    check!("child", ended(child)?, Ok(()));
    check!("found", found()?, NOTHING);
    Ok(())
}

/// What one failure left behind, the next would stumble over.
fn failing_again_and_again() -> io::Result<()> {
    mark!("failing again and again");
    for _ in 0..5 {
        for step in 1..=STEPS {
            let params = CString::new(format!("fail_at={step}"))?;
            check!("loading", load(&params), Err(Errno::ENOMEM));
        }
    }
    check!("found", found()?, NOTHING);
    check!("loading at last", load(c""), Ok(()));
    Ok(())
}

fn bad_use_of_the_file() -> io::Result<()> {
    mark!("bad use of the file");
    let path = format!("/dev/{NAME}");
    let mut file = File::options().read(true).write(true).open(&path)?;
    let fd = file.as_raw_fd();
    let error = |result: io::Result<usize>| result.err().and_then(|e| e.raw_os_error());
    check!("write", error(file.write(b"x")), Some(libc::EINVAL));
    // SAFETY: no memory is involved, or none that is ours: the kernel finds
    // out that there is nothing at the address.
    unsafe {
        check!("ioctl", Errno::result(libc::ioctl(fd, 1)), Err(Errno::ENOTTY));
        let result = libc::syscall(libc::SYS_read, fd, NOWHERE, 6);
        check!("read to nowhere", Errno::result(result), Err(Errno::EFAULT));
    }
    let mut text = [0; 4];
    check!("a short read", file.read(&mut text)?, 4);
    check!("the rest", file.read(&mut text)?, 2);
    check!("the end", file.read(&mut text)?, 0);
    check!("reading nothing", file.read(&mut [])?, 0);
    Ok(())
}

/// The open file outlives the device, and the module holds.
fn removing_the_device_while_open() -> io::Result<()> {
    mark!("removing the device while the file is open");
    let mut file = File::open(format!("/dev/{NAME}"))?;
    fs::write(edu()?.join("remove"), "1")?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    check!("text", text, "hello\n");
    fs::write("/sys/bus/pci/rescan", "1")?;
    check!("removal while open", remove(MODULE), Err(Errno::EWOULDBLOCK));
    drop(file);
    check!("removal", remove(MODULE), Ok(()));
    check!("found", found()?, NOTHING);
    Ok(())
}
