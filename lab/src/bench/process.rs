//! Measures the time and memory of one whole process.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Instant;

use process::{Command, Output};

use super::BenchError;

/// A process to be measured.
pub struct Process {
    command: Command,
    name: String,
}

/// The time and memory of a process that succeeded.
#[derive(Debug)]
pub struct Usage {
    /// The time from its start to its end, seconds.
    pub seconds: f64,
    /// The largest resident set of any single process among it and the descendants that
    /// were waited for, MiB. For a run of a lesson, that process is QEMU.
    pub peak_mib: f64,
    name: String,
    stdout: Vec<u8>,
}

impl Process {
    pub fn new(program: &Path, args: &[&str]) -> Process {
        let mut command = Command::new(program);
        command.args(args).current_dir(builder::root());
        // Cargo sets this variable for the lab, and other cargos must not see it.
        command.env_remove("CARGO_MANIFEST_DIR");
        let file = program.file_name().unwrap_or_default().to_string_lossy();
        Process { command, name: format!("{file} {}", args.join(" ")) }
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Process {
        self.command.env(name, value);
        self
    }

    /// Runs the process. If it fails, that is an error, because its time means nothing.
    pub fn run(self) -> Result<Usage, BenchError> {
        let failed = |source| BenchError::Start { command: self.name.clone(), source };
        let started = Instant::now();
        let Output { ended, stdout, stderr } = self.command.output().map_err(failed)?;
        let seconds = started.elapsed().as_secs_f64();
        if !ended.status.success() {
            let stderr = String::from_utf8_lossy(&stderr).into_owned();
            let (command, status) = (self.name, ended.status);
            return Err(BenchError::Failed { command, status, stderr });
        }
        Ok(Usage { seconds, peak_mib: ended.peak_kib as f64 / 1024.0, name: self.name, stdout })
    }
}

impl Usage {
    /// The time of the machine's part of a `run --json`, seconds.
    pub fn vm_seconds(&self) -> Result<f64, BenchError> {
        serde_json::from_slice::<serde_json::Value>(&self.stdout)
            .ok()
            .and_then(|document| document["vm_ms"].as_f64())
            .map(|ms| ms / 1000.0)
            .ok_or_else(|| BenchError::Output { command: self.name.clone(), missing: "vm_ms" })
    }
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

    #[test]
    fn the_machines_part_is_in_the_document() {
        let echo = |text| Process::new(Path::new("/bin/echo"), &[text]).run().unwrap();
        assert_eq!(echo("{\"vm_ms\": 250}").vm_seconds().unwrap(), 0.25);
        assert!(echo("{}").vm_seconds().is_err());
    }
}
