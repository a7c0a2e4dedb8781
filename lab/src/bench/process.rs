//! One whole process, measured: how long it took and what memory it needed.

use std::ffi::OsStr;
use std::io::Read;
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use nix::errno::Errno;
use nix::libc;

use super::BenchError;

/// A process about to be measured.
pub struct Process {
    command: Command,
    name: String,
}

/// What a process that succeeded took.
#[derive(Debug)]
pub struct Usage {
    /// From its start to its end.
    pub seconds: f64,
    /// The largest resident set of any one process among it and those that it
    /// started and waited for. For a run of a lesson that one is QEMU.
    pub peak_mib: f64,
    name: String,
    stdout: Vec<u8>,
}

impl Process {
    pub fn new(program: &Path, args: &[&str]) -> Process {
        let mut command = Command::new(program);
        command.args(args).current_dir(builder::root()).stdin(Stdio::null());
        // What cargo sets for the lab it runs is not for other cargos.
        command.env_remove("CARGO_MANIFEST_DIR");
        let file = program.file_name().unwrap_or_default().to_string_lossy();
        Process { command, name: format!("{file} {}", args.join(" ")) }
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Process {
        self.command.env(name, value);
        self
    }

    /// Runs it. One that fails is an error: its time says nothing.
    pub fn run(mut self) -> Result<Usage, BenchError> {
        let failed = |source| BenchError::Start { command: self.name.clone(), source };
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = self.command.spawn().map_err(failed)?;
        let (stdout, stderr) = read_both(&mut child).map_err(failed)?;
        let (status, peak_kib) = wait4(&child).map_err(|errno| failed(errno.into()))?;
        let seconds = started.elapsed().as_secs_f64();
        if !status.success() {
            let stderr = String::from_utf8_lossy(&stderr).into_owned();
            return Err(BenchError::Failed { command: self.name, status, stderr });
        }
        Ok(Usage { seconds, peak_mib: peak_kib as f64 / 1024.0, name: self.name, stdout })
    }
}

impl Usage {
    /// The machine's part of a `run --json`.
    pub fn vm_seconds(&self) -> Result<f64, BenchError> {
        serde_json::from_slice::<serde_json::Value>(&self.stdout)
            .ok()
            .and_then(|document| document["vm_ms"].as_f64())
            .map(|ms| ms / 1000.0)
            .ok_or_else(|| BenchError::Output { command: self.name.clone(), missing: "vm_ms" })
    }
}

/// Both streams to their ends: on a thread each, so that neither fills up
/// while the other is read.
fn read_both(child: &mut Child) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        let errors = scope.spawn(|| stderr.map_or(Ok(0), |mut s| s.read_to_end(&mut err)));
        stdout.map_or(Ok(0), |mut s| s.read_to_end(&mut out))?;
        errors.join().expect("reading does not panic")
    })?;
    Ok((out, err))
}

/// wait4(2), which neither the standard library nor nix wraps: how the process
/// ended, and the peak of memory in KiB.
fn wait4(child: &Child) -> Result<(ExitStatus, i64), Errno> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    loop {
        // SAFETY: both pointers are to live values of the right type, and the
        // child has not been waited for: `Child` does so only when it is asked.
        let result = unsafe {
            libc::wait4(child.id().cast_signed(), &raw mut status, 0, usage.as_mut_ptr())
        };
        match Errno::result(result) {
            Ok(_) => break,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    // SAFETY: zeros are a valid rusage, and wait4 has filled it in.
    let usage = unsafe { usage.assume_init() };
    Ok((ExitStatus::from_raw(status), usage.ru_maxrss))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_fails_has_no_time() {
        let shell = Path::new("/bin/sh");
        let error = Process::new(shell, &["-c", "echo no >&2; exit 3"]).run().unwrap_err();
        let message = "failed to measure `sh -c echo no >&2; exit 3`: \
                       it ended with exit status: 3";
        assert_eq!(error.to_string(), message);
        assert!(matches!(error, BenchError::Failed { stderr, .. } if stderr == "no\n"));
    }

    /// A grandchild of 64 MiB that was waited for counts, as QEMU has to.
    #[test]
    fn the_peak_is_that_of_the_largest_process() {
        let shell = Path::new("/bin/sh");
        let small = Process::new(shell, &["-c", "true; true"]).run().unwrap();
        let script = "head -c 67108864 /dev/zero | tail -c 67108864 | wc -c; true";
        let large = Process::new(shell, &["-c", script]).run().unwrap();
        assert!(small.peak_mib < 64.0, "{}", small.peak_mib);
        assert!((64.0..100.0).contains(&large.peak_mib), "{}", large.peak_mib);
    }

    #[test]
    fn the_machines_part_is_in_the_document() {
        let echo = |text| Process::new(Path::new("/bin/echo"), &[text]).run().unwrap();
        assert_eq!(echo("{\"vm_ms\": 250}").vm_seconds().unwrap(), 0.25);
        assert!(echo("{}").vm_seconds().is_err());
    }
}
