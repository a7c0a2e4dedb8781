//! The file systems that programs expect to find.

use std::fs::create_dir_all;

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use protocol::limits::OUTPUT_BYTES;

struct Mount {
    source: &'static str,
    target: &'static str,
    fstype: &'static str,
    options: &'static str,
    /// The most that it may hold, bytes; `None` for the kernel's default.
    size: Option<u64>,
}

const fn mount_of(fstype: &'static str, target: &'static str, options: &'static str) -> Mount {
    Mount { source: fstype, target, fstype, options, size: None }
}

/// In the order of mounting: a target may be on a file system mounted before it.
const MOUNTS: &[Mount] = &[
    // The kernel's own: processes, devices' attributes, device nodes.
    mount_of("proc", "/proc", ""),
    mount_of("sysfs", "/sys", ""),
    mount_of("devtmpfs", "/dev", "mode=0755"),
    // Pseudo-terminals; ptmxmode lets any user open one through /dev/ptmx.
    mount_of("devpts", "/dev/pts", "mode=0620,ptmxmode=0666"),
    mount_of("tmpfs", "/dev/shm", "mode=1777"),
    mount_of("mqueue", "/dev/mqueue", ""),
    mount_of("tmpfs", "/tmp", "mode=1777"),
    mount_of("tmpfs", "/run", "mode=0755"),
    // The program's stdout and stderr are files here. Because of the limit, a
    // program that fills its output gets ENOSPC, and does not use up the memory.
    Mount { size: Some(OUTPUT_BYTES), ..mount_of("tmpfs", OUTPUT, "mode=0700") },
    // Programs, modules and data of the job.
    mount_of("tmpfs", protocol::LAB, "mode=0755"),
    mount_of("debugfs", "/sys/kernel/debug", ""),
    // The evidence. trace::prepare decides who may write marks.
    mount_of("tracefs", "/sys/kernel/tracing", "mode=0755"),
];

/// Where the program's stdout and stderr are kept until the record is sent.
pub const OUTPUT: &str = "/run/output";

/// Makes every mount point and mounts every file system.
pub fn mount_all() -> Result<(), String> {
    for m in MOUNTS {
        create_dir_all(m.target).map_err(|e| format!("failed to create `{}`: {e}", m.target))?;
        let size = m.size.map_or(String::new(), |size| format!(",size={size}"));
        let options = format!("{}{size}", m.options);
        let (source, fstype) = (Some(m.source), Some(m.fstype));
        match mount(source, m.target, fstype, MsFlags::empty(), Some(options.as_str())) {
            Ok(()) => {}
            // The kernel mounts devtmpfs before it starts PID 1, if it is built that way.
            Err(Errno::EBUSY) if m.fstype == "devtmpfs" => {}
            Err(e) => return Err(format!("failed to mount {} on `{}`: {e}", m.fstype, m.target)),
        }
    }
    Ok(())
}
