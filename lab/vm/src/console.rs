//! Follows the kernel log while the machine writes it.
//!
//! The log is a file, so no reader holds the machine up or changes what it does.
//! inotify(7) says that there is more of it.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::thread::Builder;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use super::VmError;
use super::memory::Memory;

/// Runs `machine`, and meanwhile gives each line of the log to `show`, without its end.
/// When `machine` returns, its log must be complete.
pub fn follow<T>(
    log: &Memory,
    show: &(dyn Fn(&str) + Sync),
    machine: impl FnOnce() -> Result<T, VmError>,
) -> Result<T, VmError> {
    let (going_on, ended) = UnixStream::pair().map_err(VmError::Log)?;
    let changes = watch(log).map_err(|e| VmError::Log(e.into()))?;
    std::thread::scope(|scope| {
        let follower = Builder::new()
            .spawn_scoped(scope, move || {
                Follower { log, show, read: 0, line: Vec::new() }.follow(&changes, &ended)
            })
            .map_err(VmError::Log)?;
        let result = machine();
        drop(going_on);
        let followed = follower.join().expect("the follower does not panic");
        // If both fail, the machine's error says more.
        result.and_then(|value| followed.map(|()| value).map_err(VmError::Log))
    })
}

/// Starts to watch a file for writes.
fn watch(log: &Memory) -> Result<Inotify, Errno> {
    let changes = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK)?;
    let path = format!("/proc/self/fd/{}", log.as_fd().as_raw_fd());
    changes.add_watch(path.as_str(), AddWatchFlags::IN_MODIFY)?;
    Ok(changes)
}

struct Follower<'a> {
    log: &'a Memory,
    show: &'a (dyn Fn(&str) + Sync),
    /// How many bytes of the log have been read.
    read: u64,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
}

impl Follower<'_> {
    /// Shows the log as it grows, until the other end of `ended` is closed.
    fn follow(mut self, changes: &Inotify, ended: &UnixStream) -> io::Result<()> {
        loop {
            let mut fds = [
                PollFd::new(changes.as_fd(), PollFlags::POLLIN),
                PollFd::new(ended.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut fds, PollTimeout::NONE) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(e) => return Err(e.into()),
            }
            let is_over = fds[1].any() == Some(true);
            // Forget the changes first: what comes after them is a new change.
            match changes.read_events() {
                Ok(_) | Err(Errno::EAGAIN | Errno::EINTR) => {}
                Err(e) => return Err(e.into()),
            }
            self.catch_up()?;
            if is_over {
                if !self.line.is_empty() {
                    self.end_line();
                }
                return Ok(());
            }
        }
    }

    /// Shows what was written since the last time.
    fn catch_up(&mut self) -> io::Result<()> {
        let more = self.log.read_from(self.read)?;
        self.read += more.len() as u64;
        for part in more.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.line.pop();
                self.end_line();
            }
        }
        Ok(())
    }

    fn end_line(&mut self) {
        // A serial port's line ends with a carriage return as well.
        let line = String::from_utf8_lossy(&self.line).replace('\r', "");
        (self.show)(&line);
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::mpsc::channel;

    use super::*;

    /// Opens the file as QEMU does.
    fn writer(log: &Memory) -> std::fs::File {
        let path = format!("/proc/self/fd/{}", log.as_fd().as_raw_fd());
        std::fs::File::options().append(true).open(path).unwrap()
    }

    #[test]
    fn each_line_is_shown_when_it_is_written() {
        let log = Memory::new("log", 0).unwrap();
        let (sender, shown) = channel();
        let show = |line: &str| sender.send(line.to_owned()).unwrap();
        let mut writer = writer(&log);
        follow(&log, &show, || {
            for line in ["one", "", "two \u{1b}[2J"] {
                for byte in format!("{line}\r\n").bytes() {
                    writer.write_all(&[byte]).unwrap();
                }
                // The machine waits here until the line is shown.
                assert_eq!(shown.recv().unwrap(), line);
            }
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn what_is_written_last_is_not_lost() {
        let log = Memory::new("log", 0).unwrap();
        let (sender, shown) = channel();
        let show = |line: &str| sender.send(line.to_owned()).unwrap();
        let mut writer = writer(&log);
        let error = follow(&log, &show, || -> Result<(), VmError> {
            writer.write_all(b"Kernel panic\r\n---[ end").unwrap();
            Err(VmError::RanAway { log: String::new() })
        });
        assert!(matches!(error, Err(VmError::RanAway { .. })));
        drop(sender);
        assert_eq!(shown.iter().collect::<Vec<_>>(), ["Kernel panic", "---[ end"]);
    }
}
