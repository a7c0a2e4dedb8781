//! Faults that hit a command.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fastrand::Rng;
use libtest_mimic::Failed;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};

use super::world::{Call, What, World};

/// A fault that hits a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL at a random moment.
    Kill(Whom),
    /// SIGSTOP at a random moment, and SIGCONT after a while.
    Stop(Whom),
    Cache(Damage),
    /// Two `cargo xtask clean` at the same time, before the command.
    Cleans,
    /// Shell commands that run before the command.
    Host(&'static str),
    /// The user may have only a few processes at a time.
    FewProcesses,
    /// Cargo and the lab then have /dev/null as stdout, because Rust's runtime opens it.
    ClosedStdout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    Lab,
    Qemu,
    Compiler,
}

/// Damage to a file in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    Cut,
    Flip,
    Remove,
    /// An entry is removed while the machine runs.
    InUse,
}

/// Why a fault is not possible on this host.
pub struct Impossible(pub &'static str);

impl Fault {
    /// Checks that the fault is possible here.
    pub fn can_be_had(self) -> Result<(), Impossible> {
        match self {
            Fault::Host(shell) if shell.contains("mount ") && !may_mount() => {
                Err(Impossible("this user may not mount anything"))
            }
            Fault::FewProcesses if geteuid().is_root() => {
                Err(Impossible("no limit of processes holds for root"))
            }
            _ => Ok(()),
        }
    }

    /// Starts a command and makes the fault hit it. `pause` is how long a process is
    /// stopped.
    pub fn befall(
        self,
        world: &mut World,
        what: What,
        pause: Duration,
        rng: &mut Rng,
    ) -> Result<Call, Failed> {
        match self {
            Fault::Host(shell) => return world.start(what, shell, shell.contains("mount ")),
            Fault::ClosedStdout => return world.start(what, "exec >&-", false),
            Fault::FewProcesses => return world.start(what, "ulimit -u 4", false),
            Fault::Cleans => {
                let clean = || clean(world.cache());
                for mut clean in [clean()?, clean()?] {
                    if !clean.wait()?.success() {
                        return Err("one of two cleans at a time failed".into());
                    }
                }
                world.share_kernel()?;
                return world.start(what, "", false);
            }
            Fault::Cache(damage) if damage != Damage::InUse => {
                damage.befall(world.cache(), rng)?;
                return world.start(what, "", false);
            }
            _ => {}
        }
        let usual = world.right(what).map_or(Duration::ZERO, |(_, _, took)| *took);
        let mut call = world.start(what, "", false)?;
        match self {
            Fault::Kill(whom) => signal(&mut call, whom, usual, rng, &[Signal::SIGKILL], pause)?,
            Fault::Stop(whom) => {
                let signals = [Signal::SIGSTOP, Signal::SIGCONT];
                signal(&mut call, whom, usual, rng, &signals, pause)?;
            }
            _ => {
                if is_there(&mut call, Whom::Qemu)?.is_some() {
                    Damage::InUse.befall(world.cache(), rng)?;
                }
            }
        }
        Ok(call)
    }
}

fn may_mount() -> bool {
    Command::new("unshare")
        .args(["--mount", "--map-root-user", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn clean(cache: &Path) -> Result<std::process::Child, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("clean").env("XDG_CACHE_HOME", cache.parent().unwrap_or(cache));
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

/// Sends signals to a process, the first at a random moment of its life, with a pause in
/// between.
fn signal(
    call: &mut Call,
    whom: Whom,
    usual: Duration,
    rng: &mut Rng,
    signals: &[Signal],
    pause: Duration,
) -> Result<(), Failed> {
    let found = is_there(call, whom)?;
    // The signal must hit a random moment, so nothing is waited for.
    std::thread::sleep(match whom {
        Whom::Lab => usual.mul_f64(rng.f64()),
        Whom::Qemu | Whom::Compiler => Duration::from_millis(rng.u64(0..200)),
    });
    for (number, &signal) in signals.iter().enumerate() {
        if number > 0 {
            std::thread::sleep(pause);
        }
        // The process may have ended before.
        let _ = found.map(|pid| kill(pid, signal));
    }
    Ok(())
}

/// Waits for the process that is meant. Returns `None` if the command ends first.
fn is_there(call: &mut Call, whom: Whom) -> Result<Option<Pid>, Failed> {
    let lab = Pid::from_raw(call.lab.id().cast_signed());
    let names: &[&str] = match whom {
        Whom::Lab => return Ok(Some(lab)),
        Whom::Qemu => &["qemu-system-x86"],
        Whom::Compiler => &["rustc", "ld", "cc", "collect2"],
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline && call.lab.try_wait()?.is_none() {
        let below = descendants(lab)?;
        if let Some((pid, _)) = below.iter().find(|(_, name)| names.contains(&name.as_str())) {
            return Ok(Some(*pid));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(None)
}

/// The descendants of a process, with the kernel's names for them.
fn descendants(of: Pid) -> Result<Vec<(Pid, String)>, Failed> {
    let mut processes = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        // `PID (name) S PARENT …`. The process may have ended.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((head, tail)) = stat.rsplit_once(") ") else { continue };
        let Some((pid, name)) = head.split_once(" (") else { continue };
        let parent = tail.split(' ').nth(1).and_then(|parent| parent.parse().ok());
        if let (Ok(pid), Some(parent)) = (pid.parse(), parent) {
            processes.push((Pid::from_raw(pid), Pid::from_raw(parent), name.to_owned()));
        }
    }
    let (mut found, mut next) = (vec![(of, String::new())], 0);
    while let Some((parent, _)) = found.get(next).cloned() {
        let children = processes.iter().filter(|(_, of, _)| *of == parent);
        found.extend(children.map(|(pid, _, name)| (*pid, name.clone())));
        next += 1;
    }
    Ok(found.split_off(1))
}

impl Damage {
    /// Damages a random file that belongs to this cache only.
    fn befall(self, cache: &Path, rng: &mut Rng) -> Result<(), Failed> {
        let mut files = Vec::new();
        for kind in fs::read_dir(cache)? {
            let kind = kind?;
            // Files next to the kinds are for locks.
            if kind.file_type()?.is_dir() {
                collect(&kind.path(), &mut files)?;
            }
        }
        files.sort();
        let Some(file) = rng.choice(files) else { return Ok(()) };
        match self {
            Damage::Cut => {
                let len = file.metadata()?.len();
                File::options().write(true).open(&file)?.set_len(len / 2)?;
            }
            Damage::Flip => {
                let open = File::options().read(true).write(true).open(&file)?;
                let len = open.metadata()?.len();
                if len > 0 {
                    let (place, mut byte) = (rng.u64(0..len), [0]);
                    open.read_exact_at(&mut byte, place)?;
                    open.write_all_at(&[byte[0] ^ 1], place)?;
                }
            }
            Damage::Remove => fs::remove_file(&file)?,
            Damage::InUse => {
                // `KIND/KEY/…`. Other processes may be working on it.
                let below = file.strip_prefix(cache).unwrap_or(&file);
                let entry: PathBuf = below.components().take(2).collect();
                let _ = fs::remove_dir_all(cache.join(entry));
            }
        }
        Ok(())
    }
}

/// The files of entries, without links to the person's own cache.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failed> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    Ok(())
}
