//! Two calls of the command line at the same time, on a cache that lacks what both need:
//! one builds, the other waits, and both show what a single call shows.

use std::process::{Output, Stdio};
use std::sync::Arc;

use lab::run::Lab;
use libtest_mimic::Failed;

use crate::Test;
use crate::command_line::course;
use crate::scratch::Scratch;

pub fn all(lab: &Arc<Lab<'static>>) -> Vec<Test> {
    let lab = Arc::clone(lab);
    vec![Test::new("sharing::two-at-a-time".to_owned(), move || two_at_a_time(&lab))]
}

fn two_at_a_time(lab: &Lab<'_>) -> Result<(), Failed> {
    // The initramfs must be packed and the machine saved.
    let scratch = Scratch::new(lab, &["kernel", "kernel-source", "programs", "kmods"])?;
    let course = course();
    let course = course.to_str().ok_or("the course's path is no UTF-8")?;
    let start = || -> Result<_, Failed> {
        let mut call = scratch.call(lab, &["--course", course, "run", "lesson-1"])?;
        Ok(call.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?)
    };
    let both = [start()?, start()?];
    let both = both.map(std::process::Child::wait_with_output);
    let mut shown = Vec::new();
    for output in both {
        shown.push(stdout(&output?)?);
    }
    let alone = stdout(&start()?.wait_with_output()?)?;
    if shown != [alone.clone(), alone] {
        return Err(format!("two at the same time show something else: {shown:#?}").into());
    }
    for kind in ["checkpoints", "initramfs"] {
        let entries = std::fs::read_dir(scratch.cache.root().join(kind))?.count();
        if entries != 1 {
            return Err(format!("`{kind}` has {entries} entries instead of one").into());
        }
    }
    Ok(())
}

fn stdout(output: &Output) -> Result<String, Failed> {
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}
