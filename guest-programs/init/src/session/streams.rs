//! The program's standard streams: pipes, or a pseudo-terminal.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::fcntl::OFlag;
use nix::pty::openpty;
use nix::unistd::{Gid, Uid, fchown, pipe2, setsid};
use protocol::session::Size;

use super::relay::{Relay, winsize};
use crate::port::{Port, set_nonblocking};

nix::ioctl_write_int_bad!(tiocsctty, nix::libc::TIOCSCTTY);

impl Relay {
    pub fn on_pipes(
        port: Port,
        command: &mut Command,
        stdin: bool,
        uid: u32,
    ) -> nix::Result<Relay> {
        // The program's end belongs to its user, who may open /dev/stdout again.
        let pipe = || -> nix::Result<(OwnedFd, OwnedFd)> {
            let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
            fchown(&writer, Some(Uid::from_raw(uid)), Some(Gid::from_raw(uid)))?;
            Ok((reader, writer))
        };
        let mut relay = Relay::new(port);
        if stdin {
            let (reader, writer) = pipe()?;
            set_nonblocking(writer.as_fd())?;
            relay.input.stdin = Some(writer.into());
            command.stdin(reader);
        } else {
            command.stdin(Stdio::null());
        }
        let (reader, writer) = pipe()?;
        set_nonblocking(reader.as_fd())?;
        relay.stdout = Some(reader.into());
        command.stdout(writer);
        let (reader, writer) = pipe()?;
        set_nonblocking(reader.as_fd())?;
        relay.stderr = Some(reader.into());
        command.stderr(writer);
        Ok(relay)
    }

    pub fn on_terminal(port: Port, command: &mut Command, size: Size) -> nix::Result<Relay> {
        let pty = openpty(Some(&winsize(size)), None)?;
        set_nonblocking(pty.master.as_fd())?;
        let mut relay = Relay::new(port);
        let another = |fd: &OwnedFd| fd.try_clone().map_err(|_| nix::errno::Errno::EMFILE);
        relay.input.stdin = Some(another(&pty.master)?.into());
        relay.stdout = Some(another(&pty.master)?.into());
        relay.terminal = Some(pty.master.into());
        command.stdin(another(&pty.slave)?).stdout(another(&pty.slave)?).stderr(pty.slave);
        // SAFETY: setsid and ioctl are async-signal-safe, as a child between
        // fork and exec needs them to be.
        unsafe {
            command.pre_exec(|| {
                // The program leads a session of its own, whose controlling
                // terminal this is. Ctrl-C and SIGWINCH need that.
                setsid()?;
                tiocsctty(nix::libc::STDIN_FILENO, 0)?;
                Ok(())
            });
        }
        Ok(relay)
    }
}
