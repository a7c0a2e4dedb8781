//! Gets the newest kernel source package that an apt-based distribution offers.
//!
//! This needs no root and installs nothing, and apt checks its downloads against the
//! archive's signature. If apt has no package lists, we download them into a folder of
//! the lab's own.

use fs_err as fs;
use std::path::{Path, PathBuf};

use host::on_path;
use process::{Command, stream};

use crate::progress::Stage;

const PACKAGE: &str = "linux-source-6.12";

/// A downloaded archive and a description of its origin.
pub struct Fetched {
    pub archive: PathBuf,
    pub origin: String,
}

/// Downloads the package into `scratch`. The error says why it is not available.
pub fn fetch(scratch: &Path, stage: &Stage<'_>) -> Result<Fetched, String> {
    for program in ["apt-get", "apt-cache", "dpkg-deb"] {
        if on_path(program).is_none() {
            return Err(format!("the distribution's {PACKAGE}: there is no `{program}` here"));
        }
    }
    // Existing lists may be old and name files that are gone.
    let host = Apt { scratch, options: Vec::new(), stage };
    host.fetch().or_else(|_| Apt::with_own_lists(scratch, stage)?.fetch())
}

/// apt with some options.
struct Apt<'a> {
    scratch: &'a Path,
    options: Vec<String>,
    stage: &'a Stage<'a>,
}

impl<'a> Apt<'a> {
    /// An apt whose state is in the scratch folder, with freshly downloaded package
    /// lists.
    fn with_own_lists(scratch: &'a Path, stage: &'a Stage<'a>) -> Result<Apt<'a>, String> {
        let state = scratch.join("apt");
        for folder in ["state/lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(state.join(folder)).map_err(|e| e.to_string())?;
        }
        let options = [
            format!("Dir::State={}", state.join("state").display()),
            format!("Dir::Cache={}", state.join("cache").display()),
            "Dir::State::status=/var/lib/dpkg/status".to_owned(),
            "Acquire::Languages=none".to_owned(),
            // As root, apt would download as a user who cannot write here.
            "APT::Sandbox::User=root".to_owned(),
        ];
        let apt = Apt { scratch, options: options.into(), stage };
        apt.stage.at("asking apt which packages there are");
        // apt may complain about one of several archives. What counts is which packages
        // it knows afterwards.
        let _ = apt.run("apt-get", &["update"]);
        Ok(apt)
    }

    fn fetch(&self) -> Result<Fetched, String> {
        let text = self.run("apt-cache", &["madison", PACKAGE])?;
        let version = newest(&text)
            .ok_or_else(|| format!("the distribution's {PACKAGE}: apt knows of no such package"))?;
        self.stage.at(&format!("downloading {PACKAGE} {version}, 150 MB"));
        self.run("apt-get", &["download", &format!("{PACKAGE}={version}")])?;
        let archive = fs::read_dir(self.scratch)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
            .ok_or_else(|| format!("the distribution's {PACKAGE}: apt downloaded nothing"))?;
        Ok(Fetched { archive, origin: format!("the distribution's {PACKAGE} {version}") })
    }

    /// Runs one of apt's programs and returns its output.
    fn run(&self, program: &str, args: &[&str]) -> Result<String, String> {
        let mut command = Command::new(program);
        command.args(self.options.iter().flat_map(|option| ["-o", option]));
        command.args(args).current_dir(self.scratch).env("LC_ALL", "C");
        let mut text = String::new();
        let (status, _) = stream(command, |line| {
            text.push_str(line);
            text.push('\n');
            Ok(())
        })
        .map_err(|e| format!("failed to start `{program}`: {e}"))?;
        if status.success() {
            return Ok(text);
        }
        // apt marks its errors with `E: `.
        let reason = text.lines().find_map(|line| line.strip_prefix("E: "));
        let reason = reason.map_or_else(|| format!("{program} ended with {status}"), str::to_owned);
        Err(format!("the distribution's {PACKAGE}: {reason}"))
    }
}

/// The first version that `apt-cache madison` prints, which is the newest.
fn newest(text: &str) -> Option<&str> {
    text.lines()
        .map(|line| line.split('|').map(str::trim))
        .find_map(|mut fields| (fields.next() == Some(PACKAGE)).then(|| fields.next())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn madison_is_read() {
        let text = "\
            W: something\n\
            linux-source-6.12 | 6.12.117-1~deb12u1 | http://archive bookworm/main Packages\n\
            linux-source-6.12 | 6.12.115-2~deb12u1 | http://archive bookworm/main Packages\n";
        assert_eq!(newest(text), Some("6.12.117-1~deb12u1"));
        assert_eq!(newest(""), None);
    }
}
