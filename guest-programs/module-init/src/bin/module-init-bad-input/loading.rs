//! Modules that cannot be loaded.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Seek as _, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _};

use marker::{check, mark};
use module_init::{MODULE_FILE, STEPS, found, load, remove};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::kmod::{ModuleInitFlags, finit_module, init_module};
use nix::libc;
use nix::sys::stat::Mode;

use crate::names::{MODULE, NOTHING, NOWHERE};

pub fn bad_parameters() -> io::Result<()> {
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
        (c"signal=65", Errno::EINVAL),
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
pub fn bad_images() -> io::Result<()> {
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

pub fn bad_descriptors() -> io::Result<()> {
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

/// A failure would stumble over what the last one left behind.
pub fn failing_again_and_again() -> io::Result<()> {
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
