//! execve makes no process. It returns to its caller only to say why not. Behind
//! `begin_new_exec` (fs/exec.c) there is no caller any more: the kernel leaves to
//! another program.

use marker::{check, scene};
use nix::errno::Errno;
use nix::unistd::{execv, getpid};
use steps::{ended_well, start};

use crate::raw_fork::{OTHER, c_string};

pub fn run() -> nix::Result<()> {
    scene!("6. execve");
    let child = start(|| {
        let error = execv(c"/lab/nothing", &[c"nothing"]).expect_err("there is no such program");
        check!("execve of nothing", error, Errno::ENOENT);
        // The other program checks that its pid is this one.
        let pid = c_string(getpid().to_string());
        match execv(&c_string(OTHER), &[c_string(OTHER), pid])? {}
    })?;
    ended_well(child)?;
    println!("6. execve of nothing returns: ENOENT; of a program, it does not:");
    println!("   the process is that program now, with the same pid");
    Ok(())
}
