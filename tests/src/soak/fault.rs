//! Faults: what happens to a command, and how it is done.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fastrand::Rng;
use libtest_mimic::Failed;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, geteuid};

use super::process::{Process, descendants};
use super::world::{Call, What, World};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL at a random moment.
    Kill(Whom),
    /// SIGSTOP at a random moment, and SIGCONT after a while.
    Stop(Whom),
    Cache(Damage, When),
    /// `cargo xtask clean`, two at a time, before the command.
    Cleans,
    /// A shell runs this and becomes the command.
    Shell(&'static str),
    /// The same, with file systems that only the command sees.
    Mount(&'static str),
    /// A limit on the user's processes.
    FewProcesses,
    /// The lab then has /dev/null there: Rust's runtime opens it.
    ClosedStdout,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    Lab,
    Qemu,
    Compiler,
}

/// What happens to a file of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    Cut,
    Flip,
    Remove,
    RemoveEntry,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Before,
    /// While the machine runs.
    InUse,
}

/// Why this host cannot have a fault.
pub struct Impossible(pub &'static str);

/// The kernel's names of compilers and linkers.
const COMPILERS: &[&str] = &["rustc", "cc", "gcc", "collect2", "ld", "ld.bfd"];
/// How long after the first compiler starts one of them may be killed.
const COMPILING: Duration = Duration::from_millis(800);
/// The same for QEMU.
const EMULATING: Duration = Duration::from_millis(300);
/// How long to wait for QEMU or a compiler. Programs may have to be built first.
const PATIENCE: Duration = Duration::from_secs(60);

impl Fault {
    pub fn is_possible(self) -> Result<(), Impossible> {
        match self {
            Fault::Mount(_) if !may_mount() => Err(Impossible("this user may not mount anything")),
            Fault::FewProcesses if geteuid().is_root() => {
                Err(Impossible("root has no limit on processes"))
            }
            _ => Ok(()),
        }
    }

    /// Starts a command with this fault. Returns `None` instead of the command's own fault
    /// if the fault came too late.
    ///
    /// `pause` is how long a process is stopped.
    pub fn inflict(
        self,
        world: &mut World,
        what: What,
        pause: Duration,
        rng: &mut Rng,
    ) -> Result<(Call, bool), Failed> {
        let call = match self {
            Fault::Shell(shell) => world.start(what, shell)?,
            Fault::Mount(shell) => world.start_apart(what, shell)?,
            Fault::ClosedStdout => world.start(what, "exec >&-")?,
            // dash has no `ulimit -u`.
            Fault::FewProcesses => {
                let most = rng.u8(2..=60);
                world.start(what, &format!("exec prlimit --nproc={most} \"$0\" \"$@\""))?
            }
            Fault::Cleans => {
                for mut clean in [clean(world.cache())?, clean(world.cache())?] {
                    if !clean.wait()?.success() {
                        return Err("one of two cleans at a time failed".into());
                    }
                }
                world.share_kernel()?;
                world.start(what, "")?
            }
            Fault::Cache(damage, When::Before) => {
                damage.inflict(world.cache(), rng)?;
                world.start(what, "")?
            }
            Fault::Cache(damage, When::InUse) => {
                let mut call = world.start(what, "")?;
                let is_there = first(&mut call, Whom::Qemu)?.is_some();
                if is_there {
                    damage.inflict(world.cache(), rng)?;
                }
                return Ok((call, is_there));
            }
            Fault::Kill(whom) => {
                let mut call = world.start(what, "")?;
                let target = some(&mut call, whom, world.usual(what), rng)?;
                let is_hit = target.map_or(Ok(false), |it| it.signal(Signal::SIGKILL))?;
                return Ok((call, is_hit));
            }
            Fault::Stop(whom) => {
                let mut call = world.start(what, "")?;
                let Some(target) = some(&mut call, whom, world.usual(what), rng)? else {
                    return Ok((call, false));
                };
                let is_hit = target.signal(Signal::SIGSTOP)?;
                std::thread::sleep(pause);
                target.signal(Signal::SIGCONT)?;
                return Ok((call, is_hit));
            }
        };
        Ok((call, true))
    }
}

fn may_mount() -> bool {
    Command::new("unshare")
        .args(["--mount", "--map-root-user", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn clean(cache: &Path) -> Result<Child, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("clean").env("XDG_CACHE_HOME", cache.parent().unwrap_or(cache));
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

/// One of the processes that are meant, at a random moment of their life. `None` if they
/// are gone by then.
fn some(
    call: &mut Call,
    whom: Whom,
    usual: Duration,
    rng: &mut Rng,
) -> Result<Option<Process>, Failed> {
    let long = match whom {
        Whom::Lab => usual,
        Whom::Qemu => EMULATING,
        Whom::Compiler => COMPILING,
    };
    if first(call, whom)?.is_none() {
        return Ok(None);
    }
    // The signal is to come at any moment, so there is nothing to wait for.
    std::thread::sleep(long.mul_f64(rng.f64()));
    Ok(rng.choice(present(call, whom)?).and_then(Process::open))
}

/// Waits for the first of the processes that are meant. `None` if the command ends before.
fn first(call: &mut Call, whom: Whom) -> Result<Option<Pid>, Failed> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline && call.lab.try_wait()?.is_none() {
        if let Some(pid) = present(call, whom)?.first() {
            return Ok(Some(*pid));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(None)
}

/// The processes that are meant, as far as they are there now.
fn present(call: &mut Call, whom: Whom) -> Result<Vec<Pid>, Failed> {
    // A process that was waited for may have given its number to another.
    if call.lab.try_wait()?.is_some() {
        return Ok(Vec::new());
    }
    let lab = Pid::from_raw(call.lab.id().cast_signed());
    let names: &[&str] = match whom {
        Whom::Lab => return Ok(vec![lab]),
        Whom::Qemu => &["qemu-system-x86"],
        Whom::Compiler => COMPILERS,
    };
    let meant = |(pid, name): (Pid, String)| names.contains(&name.as_str()).then_some(pid);
    Ok(descendants(lab)?.into_iter().filter_map(meant).collect())
}

impl Damage {
    /// Damages a random file of the cache, among those that are not shared.
    fn inflict(self, cache: &Path, rng: &mut Rng) -> Result<(), Failed> {
        // Some kinds have thousands of files. Each kind gets the same share of damage.
        let mut kinds = Vec::new();
        for kind in fs::read_dir(cache)? {
            let mut files = Vec::new();
            // A build that is under way may take files away.
            let _ = collect(&kind?.path(), &mut files);
            files.sort();
            kinds.push(files);
        }
        kinds.sort();
        kinds.retain(|files| !files.is_empty());
        let Some(file) = rng.choice(kinds).and_then(|files| rng.choice(files)) else {
            return Err("the cache has no files".into());
        };
        self.inflict_on(cache, &file, rng)
            .map_err(|e| format!("failed to damage `{}`: {e}", file.display()).into())
    }

    fn inflict_on(self, cache: &Path, file: &Path, rng: &mut Rng) -> io::Result<()> {
        match self {
            Damage::Cut => {
                let len = file.metadata()?.len();
                File::options().write(true).open(file)?.set_len(len / 2)
            }
            Damage::Flip => {
                let open = File::options().read(true).write(true).open(file)?;
                let len = open.metadata()?.len();
                if len == 0 {
                    return Ok(());
                }
                let (place, mut byte) = (rng.u64(0..len), [0]);
                open.read_exact_at(&mut byte, place)?;
                open.write_all_at(&[byte[0] ^ 1], place)
            }
            Damage::Remove => fs::remove_file(file),
            Damage::RemoveEntry => {
                // `KIND/KEY/…`
                let below = file.strip_prefix(cache).unwrap_or(file);
                let entry: PathBuf = below.components().take(2).collect();
                fs::remove_dir_all(cache.join(entry))
            }
        }
    }
}

/// The files of a kind's entries. Links lead to the person's own cache and are left alone.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    // Beside the kinds are files for locks.
    if !folder.is_dir() {
        return Ok(());
    }
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
