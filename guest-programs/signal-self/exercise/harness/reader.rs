//! A process that reads from the device.

use std::fs::{self, File};
use std::io::{self, PipeReader, Read as _};
use std::thread::sleep;
use std::time::{Duration, Instant};

use marker::mark;
use nix::sys::signal::{SaFlags, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use signal_self::DEVICE;
use student::edu::Edu;
use student::handler;

use crate::{PATIENCE, start, told};

pub struct Reader {
    number: u32,
    pub pid: Pid,
    /// Something to read as soon as its handler has run.
    pub handled: PipeReader,
}

impl Reader {
    /// Starts it, with flags for its handler of SIGUSR1.
    pub fn start(number: u32, flags: SaFlags) -> io::Result<Reader> {
        let (handled, tell) = io::pipe()?;
        let pid = start(|| {
            handler::write_to(&tell);
            handler::install(Signal::SIGUSR1, flags)?;
            let mut wakes = [0; 4];
            match File::open(DEVICE)?.read(&mut wakes) {
                Ok(_) => mark!("{}. read: {} wake-ups", number, u32::from_ne_bytes(wakes)),
                Err(error) => mark!("{}. read: {}", number, told(Err(error))),
            }
            Ok(())
        })?;
        Ok(Reader { number, pid, handled })
    }

    /// Waits until it sleeps in its read(2), system call 0, or has ended; says
    /// whether it sleeps.
    pub fn sleeps(&self) -> io::Result<bool> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let call = fs::read_to_string(format!("/proc/{}/syscall", self.pid))?;
            if call.starts_with("0 ") {
                return Ok(true);
            }
            if call.starts_with("-1 ") {
                break;
            }
            sleep(Duration::from_millis(1));
        }
        Ok(false)
    }

    /// Waits for its end. If nothing ends it, the device does, so that nobody
    /// sleeps for ever.
    pub fn wait_or_wake(&self, edu: &Edu) -> io::Result<()> {
        let number = self.number;
        for attempt in ["", " only when it is woken"] {
            let start = Instant::now();
            while start.elapsed() < PATIENCE {
                match waitpid(self.pid, Some(WaitPidFlag::WNOHANG))? {
                    WaitStatus::StillAlive => sleep(Duration::from_millis(1)),
                    WaitStatus::Signaled(_, signal, _) => {
                        mark!("{}. killed by {}{}", number, signal, attempt);
                        return Ok(());
                    }
                    _ => return Ok(()),
                }
            }
            mark!("{}. it still sleeps, and is woken", number);
            edu.raise(1);
        }
        mark!("{}. nothing wakes it", number);
        Ok(())
    }
}
