//! Requests of aio(7) that nix does not wrap: more than one in a list, and a notice by
//! a function in a thread.

use std::fs::File;
use std::mem;
use std::os::fd::AsFd;
use std::pin::Pin;

use nix::errno::Errno;
use nix::libc::{self, c_int, c_void, sigval};
use nix::sys::aio::{AioRead, LioMode};
use nix::sys::signal::{SigEvent, SigevNotify};
use nix::sys::time::TimeSpec;

/// Waits until a request is done; with a timeout, no longer than that. nix has
/// it, but its pointer to the timeout dangles.
pub fn aio_suspend(request: &AioRead, timeout: Option<TimeSpec>) -> nix::Result<()> {
    let list = [std::ptr::from_ref::<libc::aiocb>(request.as_ref())];
    let timeout =
        timeout.as_ref().map_or(std::ptr::null(), |time| std::ptr::from_ref(time.as_ref()));
    // SAFETY: a list of one valid request, and null or a valid timespec.
    Errno::result(unsafe { libc::aio_suspend(list.as_ptr(), 1, timeout) }).map(drop)
}

/// Submits a list of reads. nix has it, but deprecates it, because its pointers
/// to the requests are wrong.
pub fn lio_listio<const N: usize>(
    mode: LioMode,
    list: [Pin<&mut AioRead>; N],
    notify: SigevNotify,
) -> nix::Result<()> {
    // SAFETY: nothing is moved out of the pinned requests.
    let mut list = list.map(|request| aiocb(unsafe { request.get_unchecked_mut() }));
    let mut notify = SigEvent::new(notify).sigevent();
    // SAFETY: valid requests, which their owners keep in place until they are
    // done; glibc copies the list and the notice.
    let result = unsafe {
        libc::lio_listio(mode as c_int, list.as_mut_ptr().cast(), N as c_int, &raw mut notify)
    };
    Errno::result(result).map(drop)
}

fn aiocb(request: &mut AioRead) -> *mut libc::aiocb {
    request.as_mut()
}

/// A read of a file at the offset 5, with a notice for which nix has no name: SIGEV_THREAD.
pub fn read_then_call<'a>(
    file: &'a File,
    buffer: &'a mut [u8],
    function: extern "C" fn(sigval),
    value: usize,
) -> Pin<Box<AioRead<'a>>> {
    let mut request = AioRead::new(file.as_fd(), 5, buffer, 0, SigevNotify::SigevNone);
    let aiocb: &mut libc::aiocb = request.as_mut();
    aiocb.aio_sigevent = sigev_thread(function, value);
    Box::pin(request)
}

/// A `struct sigevent` with the members of its union that SIGEV_THREAD uses;
/// libc's has another.
#[repr(C)]
struct SigevThread {
    sigev_value: sigval,
    sigev_signo: c_int,
    sigev_notify: c_int,
    sigev_notify_function: extern "C" fn(sigval),
    /// A `pthread_attr_t`; null for a detached thread.
    sigev_notify_attributes: *mut c_void,
    unused: [usize; 4],
}

fn sigev_thread(function: extern "C" fn(sigval), value: usize) -> libc::sigevent {
    let notify = SigevThread {
        sigev_value: sigval { sival_ptr: std::ptr::without_provenance_mut(value) },
        sigev_signo: 0,
        sigev_notify: libc::SIGEV_THREAD,
        sigev_notify_function: function,
        sigev_notify_attributes: std::ptr::null_mut(),
        unused: [0; 4],
    };
    // SAFETY: two views of the same C structure; their sizes are compared.
    unsafe { mem::transmute::<SigevThread, libc::sigevent>(notify) }
}
