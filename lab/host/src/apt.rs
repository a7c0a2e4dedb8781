//! Installs packages with apt without harming the packages that are already there.
//!
//! Each installation is simulated first. If apt would remove or downgrade a package, we
//! try the release's backports: a host that has one part of QEMU from backports must get
//! the rest from there too.

use std::fmt;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::distribution::is_root;
use crate::stream::stream;
use crate::{Distribution, HostError, InstallPolicy, Talk, on_path};

/// Where apt keeps its lists of available packages.
const LISTS: &str = "/var/lib/apt/lists";

/// Packages to install.
pub struct Wish<'a> {
    /// Names of what is missing, for error messages.
    pub names: &'a [String],
    pub packages: &'a [&'static str],
    /// The command that installs the packages, to show to a person.
    pub command: &'a str,
}

/// What apt would do to installed packages.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Harm {
    removed: Vec<String>,
    downgraded: Vec<String>,
    /// Whether one of the packages came from the release's backports.
    backports: bool,
}

impl Harm {
    /// Reads what `apt-get --simulate install` prints in the C locale.
    fn of(simulation: &str) -> Harm {
        let mut harm = Harm::default();
        let mut downgrades = false;
        for line in simulation.lines() {
            let name = || line.split(' ').nth(1).unwrap_or_default().to_owned();
            // The names under a heading are indented.
            match line.strip_prefix("  ") {
                Some(names) if downgrades => {
                    harm.downgraded.extend(names.split_whitespace().map(str::to_owned));
                }
                Some(_) => {}
                None => downgrades = line.contains("will be DOWNGRADED"),
            }
            if line.starts_with("Remv ") || line.starts_with("Purg ") {
                harm.removed.push(name());
                harm.backports |= line.contains("~bpo");
            } else if line.starts_with("Inst ") && harm.downgraded.contains(&name()) {
                harm.backports |= line.split(']').next().is_some_and(|old| old.contains("~bpo"));
            }
        }
        harm
    }

    fn is_none(&self) -> bool {
        self.removed.is_empty() && self.downgraded.is_empty()
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = [("remove", &self.removed), ("downgrade", &self.downgraded)];
        let told: Vec<String> = each
            .iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(verb, names)| format!("{verb} {}", names.join(", ")))
            .collect();
        f.write_str(&told.join(" and "))
    }
}

/// What to ask apt for. `Fits` holds arguments of `install`: options and package names.
#[derive(Debug, PartialEq, Eq)]
enum Choice {
    /// Installing these harms nothing.
    Fits(Vec<String>),
    /// Every choice harms something. This is what installing the plain packages would do.
    Harms(Harm),
    /// apt cannot install the packages at all, and printed this.
    Fails(String),
}

/// apt, run as root or through sudo.
pub struct Apt<'a> {
    talk: &'a Talk<'a>,
    sudo: bool,
    /// Whether this is a CI runner: CI systems set `CI=true`.
    ci: bool,
    /// `RELEASE-backports`. Only `-backports` if the release has no name.
    backports: String,
    release: String,
    get: PathBuf,
    cache: PathBuf,
    /// Replaces /etc/apt/sources.list if set.
    sources: Option<Sources>,
    /// The folder for `sources`.
    temporary: PathBuf,
}

impl<'a> Apt<'a> {
    /// Returns `None` if this process cannot become root.
    pub fn new(distribution: &Distribution, talk: &'a Talk<'a>) -> Option<Apt<'a>> {
        let sudo = !is_root();
        (!sudo || on_path("sudo").is_some()).then(|| Apt {
            talk,
            sudo,
            ci: std::env::var_os("CI").is_some_and(|value| value == "true"),
            backports: format!("{}-backports", distribution.codename),
            release: distribution.codename.clone(),
            get: "apt-get".into(),
            cache: "apt-cache".into(),
            sources: None,
            temporary: std::env::temp_dir(),
        })
    }

    /// Installs packages. Updates the package lists first if there are none or if they
    /// are out of date.
    pub fn install(&mut self, wish: &Wish<'_>, policy: InstallPolicy) -> Result<(), HostError> {
        if has_lists()
            && let Choice::Fits(packages) = self.choose(wish.packages)?
            && self.get(&packages, false)?.0.success()
        {
            return Ok(());
        }
        // Old lists may name packages that the archive has since replaced.
        self.update(wish)?;
        let mut choice = self.choose(wish.packages)?;
        if let Choice::Harms(harm @ Harm { backports: true, .. }) = &choice
            && let Some(sources) = self.with_backports(wish.packages)
        {
            let from = &self.backports;
            (self.talk.say)(&format!("apt would {harm}, which comes from {from}: looking there"));
            self.sources = Some(sources);
            self.update(wish)?;
            choice = self.choose(wish.packages)?;
            if !matches!(choice, Choice::Fits(_)) {
                self.sources = None;
            }
        }
        let (status, output) = match choice {
            Choice::Fits(packages) => self.get(&packages, false)?,
            Choice::Harms(harm) if self.may(&harm, policy) => {
                let packages: Vec<_> = wish.packages.iter().map(|&p| p.to_owned()).collect();
                self.get(&packages, true)?
            }
            Choice::Harms(harm) => {
                let (names, command) = (wish.names.to_owned(), wish.command.to_owned());
                return Err(HostError::Harm { names, harm, command });
            }
            Choice::Fails(output) => return Err(failed(wish, None, output)),
        };
        if status.success() { Ok(()) } else { Err(failed(wish, Some(status), output)) }
    }

    /// Whether apt may harm packages. A person decides, or the machine is a CI runner:
    /// nobody works on it, and it is thrown away afterwards.
    fn may(&self, harm: &Harm, policy: InstallPolicy) -> bool {
        if policy == InstallPolicy::Ask {
            return (self.talk.ask)(&format!("apt would {harm} for this. Go on?"));
        }
        if self.ci {
            (self.talk.say)(&format!("CI=true, so apt may {harm}"));
        }
        self.ci
    }

    /// Tries the plain packages, then the same packages with backports preferred.
    fn choose(&self, packages: &[&str]) -> Result<Choice, HostError> {
        let plain: Vec<String> = packages.iter().map(|&name| name.to_owned()).collect();
        let choice = self.simulate(plain.clone())?;
        let offers = |name: &&str| self.place(name, &self.backports).is_some();
        if matches!(choice, Choice::Fits(_)) || !packages.iter().any(offers) {
            return Ok(choice);
        }
        let target = ["--target-release".to_owned(), self.backports.clone()];
        let other = self.simulate(target.into_iter().chain(plain).collect())?;
        if !matches!(other, Choice::Fits(_)) {
            return Ok(choice);
        }
        let instead = match &choice {
            Choice::Harms(harm) => format!("{harm} otherwise"),
            _ => "fail otherwise".to_owned(),
        };
        (self.talk.say)(&format!("taking packages from {}: apt would {instead}", self.backports));
        Ok(other)
    }

    fn simulate(&self, packages: Vec<String>) -> Result<Choice, HostError> {
        let mut command = Command::new(&self.get);
        command.env("LC_ALL", "C").stdin(Stdio::null()).args(self.options());
        command.args(["--simulate", "--no-install-recommends", "install"]).args(&packages);
        let output = command.output().map_err(|source| start(&self.get, source))?;
        let told = String::from_utf8_lossy(&output.stdout);
        let harm = Harm::of(&told);
        Ok(if !output.status.success() {
            Choice::Fails(format!("{told}{}", String::from_utf8_lossy(&output.stderr)))
        } else if harm.is_none() {
            Choice::Fits(packages)
        } else {
            Choice::Harms(harm)
        })
    }

    /// Returns the address of the archive from which a release offers a package.
    fn place(&self, package: &str, release: &str) -> Option<String> {
        let mut command = Command::new(&self.cache);
        command.env("LC_ALL", "C").stdin(Stdio::null()).args(self.options());
        let output = command.args(["madison", package]).output().ok()?;
        place(&String::from_utf8_lossy(&output.stdout), release)
    }

    /// Returns this host's sources plus the release's backports, which are in the same
    /// archive as the release.
    fn with_backports(&self, packages: &[&str]) -> Option<Sources> {
        let archive = packages.iter().find_map(|name| self.place(name, &self.release))?;
        Sources::with(&format!("{archive} {} main", self.backports), &self.temporary)
    }

    fn options(&self) -> Vec<String> {
        let list = self.sources.as_ref().map(|Sources(path)| {
            ["-o".to_owned(), format!("Dir::Etc::SourceList={}", path.display())]
        });
        list.into_iter().flatten().collect()
    }

    fn update(&self, wish: &Wish<'_>) -> Result<(), HostError> {
        let (status, output) = self.run(&["update".to_owned()])?;
        if status.success() { Ok(()) } else { Err(failed(wish, Some(status), output)) }
    }

    fn get(&self, packages: &[String], harm: bool) -> Result<(ExitStatus, String), HostError> {
        let mut args: Vec<String> =
            ["install", "--yes", "--no-install-recommends"].map(str::to_owned).into();
        // The host may have changed since the simulation, so apt is told what it may do.
        args.push(if harm { "--allow-downgrades" } else { "--no-remove" }.to_owned());
        args.extend_from_slice(packages);
        self.run(&args)
    }

    /// Runs apt-get. Returns its exit status and last lines.
    fn run(&self, args: &[String]) -> Result<(ExitStatus, String), HostError> {
        let program = if self.sudo { "sudo" } else { "env" };
        let mut command = Command::new(program);
        if self.sudo {
            // sudo must not wait for a password if nobody can type one.
            if !std::io::stdin().is_terminal() {
                command.arg("--non-interactive");
            }
            command.arg("env");
        } else {
            command.stdin(Stdio::null());
        }
        command
            // Neither packages nor the tool that restarts services may ask questions.
            .args(["DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=l", "LC_ALL=C.UTF-8"])
            .arg(&self.get)
            .args(["-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120"])
            .args(self.options())
            .args(args);
        let step = |line: &str| {
            (self.talk.say)(line);
            Ok(())
        };
        stream(command, step)
            .map(|(status, tail)| (status, tail.text()))
            .map_err(|source| start(Path::new(program), source))
    }
}

/// A list of apt sources. The file is removed on drop.
struct Sources(PathBuf);

impl Sources {
    /// Writes this host's list plus one more source (`ARCHIVE RELEASE COMPONENT`) to a
    /// file in a folder.
    fn with(source: &str, folder: &Path) -> Option<Sources> {
        const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
        let path = folder.join(format!("upcall-{}.list", std::process::id()));
        let host = std::fs::read_to_string("/etc/apt/sources.list").unwrap_or_default();
        let keys =
            if Path::new(KEYS).exists() { format!("[signed-by={KEYS}] ") } else { "".into() };
        // Any user may write to the folder, so a file that already exists is not ours.
        let mut file = File::create_new(&path).ok()?;
        let sources = Sources(path);
        writeln!(file, "{host}\ndeb {keys}{source}").ok()?;
        Some(sources)
    }
}

impl Drop for Sources {
    fn drop(&mut self) {
        // A file left behind is small, and it is in the temporary folder.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Reads the lines `PACKAGE | VERSION | ARCHIVE RELEASE/COMPONENT ARCH Packages`
/// of `apt-cache madison`.
fn place(madison: &str, release: &str) -> Option<String> {
    madison.lines().find_map(|line| {
        let mut words = line.rsplit('|').next()?.split_whitespace();
        let archive = words.next()?;
        let (found, _) = words.next()?.split_once('/')?;
        (found == release).then(|| archive.to_owned())
    })
}

fn failed(wish: &Wish<'_>, status: Option<ExitStatus>, output: String) -> HostError {
    let (names, command) = (wish.names.to_owned(), wish.command.to_owned());
    HostError::Install { names, command, status, output }
}

fn start(program: &Path, source: std::io::Error) -> HostError {
    HostError::Start { program: program.display().to_string(), source }
}

/// Whether apt has any package lists.
fn has_lists() -> bool {
    let is_list = |name: &str| name.contains("_Packages");
    std::fs::read_dir(LISTS).is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().to_str().is_some_and(is_list))
    })
}

#[cfg(test)]
mod tests;
