//! Requests that are unknown, that point nowhere, that mean nothing.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI64, AtomicU32};

use errno::{Answer, IOC};
use marker::mark;
use nix::fcntl::OFlag;
use nix::libc::{self, c_ulong};

use crate::{NOWHERE, open_device, told};

pub fn are_refused(device: &OwnedFd, request: c_ulong, padding: u32) {
    let fd = device.as_raw_fd();
    let unknown = nix::request_code_none!(IOC, request);
    // SAFETY: no module of the lab takes this request, nor its argument.
    mark!("unknown request: {}", told(unsafe { libc::ioctl(fd, unknown, 0) }.into()));
    let known = nix::request_code_write!(IOC, 1, size_of::<Answer>());
    // SAFETY: the kernel checks every address that it is given.
    mark!("bad address: {}", told(unsafe { libc::ioctl(fd, known, NOWHERE) }.into()));
    let answer = |value: i64, padding: u32| {
        let answer = Answer {
            value: AtomicI64::new(value),
            signal: AtomicU32::new(0),
            padding: AtomicU32::new(padding),
        };
        // SAFETY: the module reads one Answer, which lives through the call.
        match unsafe { errno::answer(fd, &answer) } {
            Ok(value) => value.to_string(),
            Err(error) => format!("{error:?}"),
        }
    };
    mark!("padding: {}", answer(1, padding));
    mark!("no padding: {}", answer(padding.into(), 0));

    // SAFETY: a request without an argument.
    let claim = |fd: RawFd| match unsafe { errno::claim(fd) } {
        Ok(_) => "ok".to_owned(),
        Err(error) => format!("{error:?}"),
    };
    mark!("claim: {}", claim(fd));
    match open_device(OFlag::empty()) {
        Ok(other) => mark!("claim by another: {}", claim(other.as_raw_fd())),
        Err(error) => mark!("it cannot be opened twice: {}", error),
    }
}
