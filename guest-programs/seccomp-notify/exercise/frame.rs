//! A supervisor: makes directories for a program that may not make them itself.
//!
//! Usage: main PROGRAM ARGUMENTS…
//!
//! The program runs with a filter: each mkdir(2) of it, and of its children, is a request to
//! this process. For each, a person is asked. What that person allows is made here.

use std::ffi::{CStr, CString, OsString};
use std::fs::File;
use std::io::{IoSlice, IoSliceMut, stdin};
use std::mem::{offset_of, zeroed};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::errno::Errno;
use nix::libc::{self, seccomp_data, seccomp_notif, seccomp_notif_resp, sock_filter};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_no_new_privs;
use nix::sys::socket::{self, ControlMessage, ControlMessageOwned, MsgFlags};
// region: imports
use nix::sys::stat::Mode;
use nix::unistd::{ForkResult, fork, mkdir};
// endregion

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Serves the program's requests, until nobody is left who could make one.
fn serve(listener: &OwnedFd) -> Result<()> {
    // region: serve
    // region: before
    // endregion
    while wait_for_request(listener)? {
        // region: buffer
        // region: solution
        // RECV wants zeroes, and the last request is none.
        // endregion
        let mut request = empty();
        // endregion
        match receive(listener, &mut request) {
            // region: solution
            // The caller has been killed meanwhile: there may be others.
            // endregion
            Err(Errno::ENOENT) => continue,
            result => result?,
        }
        // region: early
        // endregion
        let path = read_path(request.pid, request.data.args[0]);
        let allowed = match &path {
            Ok(path) => ask(path)?,
            Err(_) => false,
        };
        // region: check
        // region: solution
        // While the path was read and the person thought, the caller may have been killed,
        // or interrupted by a signal. What it asked for is then not to be done.
        // endregion
        match still_waits(listener, request.id) {
            Err(Errno::ENOENT) => continue,
            result => result?,
        }
        // endregion
        // region: make
        // region: solution
        // Made here, with the path that was read: "go on" would read it once more.
        // endregion
        let error = match path {
            Ok(path) if allowed => mkdir(&*path, Mode::S_IRWXU).err(),
            Ok(_) => Some(Errno::EACCES),
            Err(_) => Some(Errno::EFAULT),
        };
        // endregion
        // region: answer
        let error = error.map_or(0, |error| -(error as i32));
        let answer = seccomp_notif_resp { id: request.id, val: 0, error, flags: 0 };
        // endregion
        match send(listener, answer) {
            // region: solution
            // It has gone since.
            // endregion
            Err(Errno::ENOENT) => {}
            result => result?,
        }
    }
    Ok(())
    // endregion
}

fn main() -> Result<()> {
    let command: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [program, arguments @ ..] = &*command else {
        return Err("usage: main PROGRAM ARGUMENTS…".into());
    };
    let (ours, theirs) = socket::socketpair(
        socket::AddressFamily::Unix,
        socket::SockType::Datagram,
        None,
        socket::SockFlag::SOCK_CLOEXEC,
    )?;
    // SAFETY: this program has one thread.
    match unsafe { fork()? } {
        ForkResult::Parent { .. } => serve(&take(&ours)?),
        ForkResult::Child => {
            // The listener is closed when the program is executed (FD_CLOEXEC).
            let listener = install()?;
            let fds = [listener.as_raw_fd()];
            let rights = [ControlMessage::ScmRights(&fds)];
            let data = [IoSlice::new(b"!")];
            socket::sendmsg::<()>(theirs.as_raw_fd(), &data, &rights, MsgFlags::empty(), None)?;
            Err(Command::new(program).args(arguments).exec().into())
        }
    }
}

/// Asks the person whether the directory may be made.
fn ask(path: &CStr) -> Result<bool> {
    println!("mkdir {}?", path.to_string_lossy());
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(answer == "yes\n")
}

/// Waits until there is a request. False if nobody is left who could make one.
fn wait_for_request(listener: &OwnedFd) -> Result<bool> {
    let mut fds = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::NONE)?;
    Ok(fds[0].revents().is_some_and(|events| events.contains(PollFlags::POLLIN)))
}

mod request {
    use super::{seccomp_notif, seccomp_notif_resp};

    nix::ioctl_readwrite!(recv, b'!', 0, seccomp_notif);
    nix::ioctl_readwrite!(send, b'!', 1, seccomp_notif_resp);
    nix::ioctl_write_ptr!(id_valid, b'!', 2, u64);
}

/// A request of zeroes, as `receive` wants it.
fn empty() -> seccomp_notif {
    // SAFETY: all its fields are numbers.
    unsafe { zeroed() }
}

/// Receives a request (SECCOMP_IOCTL_NOTIF_RECV).
fn receive(listener: &OwnedFd, request: &mut seccomp_notif) -> nix::Result<()> {
    // SAFETY: the kernel writes one request.
    unsafe { request::recv(listener.as_raw_fd(), request) }.map(drop)
}

/// Answers a request (SECCOMP_IOCTL_NOTIF_SEND).
fn send(listener: &OwnedFd, mut answer: seccomp_notif_resp) -> nix::Result<()> {
    // SAFETY: the kernel reads one answer.
    unsafe { request::send(listener.as_raw_fd(), &raw mut answer) }.map(drop)
}

/// Whether the caller still waits for the answer: ENOENT if not (SECCOMP_IOCTL_NOTIF_ID_VALID).
// region: attribute-of-still-waits
// endregion
fn still_waits(listener: &OwnedFd, id: u64) -> nix::Result<()> {
    // SAFETY: the kernel reads one number.
    unsafe { request::id_valid(listener.as_raw_fd(), &raw const id) }.map(drop)
}

/// Reads a path, which ends with a zero, from a process's memory.
fn read_path(pid: u32, address: u64) -> Result<CString> {
    let memory = File::open(format!("/proc/{pid}/mem"))?;
    let mut path = Vec::new();
    loop {
        let mut byte = [0];
        memory.read_exact_at(&mut byte, address + path.len() as u64)?;
        match byte {
            [0] => return Ok(CString::new(path)?),
            [byte] if path.len() < libc::PATH_MAX as usize => path.push(byte),
            _ => return Err("the path is too long".into()),
        }
    }
}

/// Installs the filter, and returns its listener.
fn install() -> Result<OwnedFd> {
    const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;
    const X32_SYSCALL_BIT: u32 = 0x4000_0000;
    let instruction = |code: u32, jt, jf, k| sock_filter { code: code as u16, jt, jf, k };
    let load = |offset: usize| {
        instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, offset as u32)
    };
    let jump = |how: u32, k, yes, no| instruction(libc::BPF_JMP | how | libc::BPF_K, yes, no, k);
    let give = |answer| instruction(libc::BPF_RET | libc::BPF_K, 0, 0, answer);
    let mut filter = [
        load(offset_of!(seccomp_data, arch)),
        jump(libc::BPF_JEQ, AUDIT_ARCH_X86_64, 0, 2),
        load(offset_of!(seccomp_data, nr)),
        jump(libc::BPF_JGE, X32_SYSCALL_BIT, 0, 1),
        give(libc::SECCOMP_RET_KILL_PROCESS),
        jump(libc::BPF_JEQ, libc::SYS_mkdir as u32, 0, 1),
        give(libc::SECCOMP_RET_USER_NOTIF),
        give(libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    set_no_new_privs()?;
    // SAFETY: the kernel reads so many instructions.
    let fd = Errno::result(unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
            &raw const program,
        )
    })?;
    // SAFETY: the kernel has just made this descriptor for this process.
    Ok(unsafe { OwnedFd::from_raw_fd(i32::try_from(fd)?) })
}

/// Receives the listener from the child.
fn take(socket: &OwnedFd) -> Result<OwnedFd> {
    let mut byte = [0];
    let mut data = [IoSliceMut::new(&mut byte)];
    let mut space = nix::cmsg_space!([i32; 1]);
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = socket::recvmsg::<()>(socket.as_raw_fd(), &mut data, Some(&mut space), flags)?;
    match message.cmsgs()?.next() {
        // SAFETY: the kernel has just made this descriptor for this process.
        Some(ControlMessageOwned::ScmRights(fds)) => Ok(unsafe { OwnedFd::from_raw_fd(fds[0]) }),
        _ => Err("the child has sent no listener".into()),
    }
}
