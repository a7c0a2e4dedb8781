//! A cluster of Slurm on this machine: one node on loopback, without systemd, with a key,
//! sockets and folders of its own. It needs no rights, and ends with the test.

use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use builder::cache::SHARED_VARIABLE;
use host::on_path;
use libtest_mimic::Failed;
use nix::unistd::{User, geteuid};
use tempfile::TempDir;

use super::told_by;

const MUNGED: &str = "munged";
const CONTROLLER: &str = "slurmctld";
const NODE: &str = "slurmd";
const SUBMIT: &str = "sbatch";

/// How long a job array may take, seconds.
const JOBS_END: &str = "900";

/// A running cluster.
pub struct Cluster {
    folder: TempDir,
    /// In the order in which they were started.
    daemons: Vec<Daemon>,
}

/// A running daemon, and what it has said.
struct Daemon {
    child: process::Child,
    said: Arc<Mutex<String>>,
}

impl Cluster {
    /// A program that the host lacks.
    pub fn lacks() -> Option<&'static str> {
        [MUNGED, CONTROLLER, NODE, SUBMIT].into_iter().find(|program| find(program).is_none())
    }

    pub fn start() -> Result<Cluster, Failed> {
        let folder = tempfile::tempdir()?;
        let mut cluster = Cluster { folder, daemons: Vec::new() };
        let path = |name: &str| cluster.folder.path().join(name);
        let mut key = [0; 1024];
        File::open("/dev/urandom")?.read_exact(&mut key)?;
        fs::write(path("munge.key"), key)?;
        fs::set_permissions(path("munge.key"), Permissions::from_mode(0o600))?;
        for folder in ["state", "spool"] {
            fs::create_dir(path(folder))?;
        }
        fs::write(path("slurm.conf"), configuration(cluster.folder.path())?)?;

        let mut munged = daemon(MUNGED)?;
        // It likes folders better that everybody can reach.
        munged.args(["--foreground", "--force"]);
        for (option, file) in [
            ("--key-file", "munge.key"),
            ("--socket", "munge.socket"),
            ("--pid-file", "munge.pid"),
            ("--seed-file", "munge.seed"),
        ] {
            munged.arg(option).arg(path(file));
        }
        let configuration = path("slurm.conf");
        let with_configuration = |name| -> Result<process::Command, Failed> {
            let mut command = daemon(name)?;
            command.arg("-D").arg("-f").arg(&configuration);
            Ok(command)
        };
        let (controller, node) = (with_configuration(CONTROLLER)?, with_configuration(NODE)?);
        cluster.add(munged, "Created socket")?;
        cluster.add(controller, "Running as primary controller")?;
        cluster.add(node, "slurmd started")?;
        Ok(cluster)
    }

    /// Starts a daemon and waits until it says that it has begun.
    fn add(&mut self, mut command: process::Command, begun: &str) -> Result<(), Failed> {
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.start()?;
        let stderr = child.take_stderr().ok_or("the stream is not read")?;
        let said = Arc::new(Mutex::new(String::new()));
        self.daemons.push(Daemon { child, said: Arc::clone(&said) });
        let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
        let mut hear = move || {
            let line = lines.next()?;
            *said.lock().expect("no other thread panics") += &format!("{line}\n");
            Some(line)
        };
        loop {
            match hear() {
                Some(line) if line.contains(begun) => break,
                Some(_) => {}
                None => return Err(format!("it never said `{begun}`:\n{}", self.said()).into()),
            }
        }
        // It ends with the daemon.
        std::thread::spawn(move || while hear().is_some() {});
        Ok(())
    }

    /// Runs a job array of this script with a shared cache, waits for its end and returns
    /// its exit status: the highest of its tasks.
    pub fn run(
        &self,
        array: &str,
        script: &Path,
        args: &[String],
        shared: &Path,
    ) -> Result<i32, Failed> {
        let log = self.folder.path().join("task-%a.log");
        let output = Command::new("timeout")
            .args([JOBS_END, SUBMIT, "--wait"])
            .arg(format!("--array={array}"))
            .arg(format!("--output={}", log.display()))
            .arg(script)
            .args(args)
            .current_dir(builder::root())
            .env("SLURM_CONF", self.folder.path().join("slurm.conf"))
            .env(SHARED_VARIABLE, shared)
            .stdin(Stdio::null())
            .output()?;
        match output.status.code() {
            // With 1, a program of a suite failed, or sbatch, which says why.
            Some(status @ (0 | 1)) if output.stderr.is_empty() => Ok(status),
            _ => Err(format!("{}{}{}", told_by(&output), self.logs()?, self.said()).into()),
        }
    }

    /// What the tasks wrote.
    fn logs(&self) -> Result<String, Failed> {
        let mut logs = String::new();
        for file in fs::read_dir(self.folder.path())? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "log") {
                logs += &format!("--- {}\n{}", path.display(), fs::read_to_string(&path)?);
            }
        }
        Ok(logs)
    }

    /// What the daemons said.
    fn said(&self) -> String {
        let said = |daemon: &Daemon| daemon.said.lock().expect("no thread panics").clone();
        self.daemons.iter().map(said).collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Who depends on others ends first. Its keeper ends what it started.
        while let Some(mut daemon) = self.daemons.pop() {
            let _ = daemon.child.end();
        }
    }
}

/// A program. Ordinary users have no daemons on their PATH.
fn find(name: &str) -> Option<PathBuf> {
    let there = |folder: &str| Some(Path::new(folder).join(name)).filter(|path| path.is_file());
    on_path(name).or_else(|| there("/usr/sbin")).or_else(|| there("/sbin"))
}

fn daemon(name: &str) -> Result<process::Command, Failed> {
    Ok(process::Command::new(find(name).ok_or("the host has no such program")?))
}

/// A `slurm.conf` for one node with four processors, whatever the machine has.
fn configuration(folder: &Path) -> Result<String, Failed> {
    let host = fs::read_to_string("/proc/sys/kernel/hostname")?;
    let host = host.trim().split('.').next().unwrap_or_default();
    let user = User::from_uid(geteuid())?.ok_or("this user has no name")?.name;
    // Both are free, and not the same.
    let ports = [TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?];
    let [controller, node] = [ports[0].local_addr()?.port(), ports[1].local_addr()?.port()];
    let folder = folder.display();
    Ok(format!(
        "ClusterName=upcall
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
# Listen on loopback alone.
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
# Neither cgroups nor systemd.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
# The node has what is said here.
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=16384
PartitionName=all Nodes=ALL Default=YES State=UP
"
    ))
}
