//! `--kernel-with`: what other people's programs find on a kernel that has more. Each of
//! these kernels is built on its first use.

use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use lab::error::Error;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;

use crate::Test;
use crate::exec::{FolderCheck, exec, in_folders};

const CHECKS: &[(&str, FolderCheck)] =
    &[("a-file-is-a-disk", block), ("a-line-is-pulled-up", gpio), ("a-key-is-pressed", input)];

/// One test per addition.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    in_folders(lab, machine, "full::kernel-with", CHECKS)
}

/// What is written to ext4 in a file is there when it is mounted again.
fn block(_: &Path) -> Result<(), Failed> {
    let script = "set -e; cd /tmp; truncate -s 16M disk; mkfs.ext4 -q disk; mkdir at
                  mount -o loop disk at; echo kept > at/file; umount at
                  mount -o loop,ro disk at; cat at/file; grep -o ' /tmp/at ext4 ro' /proc/mounts";
    let words = ["--kernel-with", "block", "--with", "mkfs.ext4", "--", "sh", "-c", script];
    prints(&exec(&words, None)?, "kept\n /tmp/at ext4 ro\n")
}

/// A simulated chip's line, read as /sys/class/gpio shows it.
fn gpio(_: &Path) -> Result<(), Failed> {
    let script = "set -e; mkdir /tmp/c; mount -t configfs none /tmp/c
                  chip=/tmp/c/gpio-sim/chip; mkdir $chip $chip/bank; cd $chip
                  echo 2 > bank/num_lines; echo 1 > live; test -c /dev/gpiochip0
                  lines=/sys/devices/platform/$(cat dev_name)/$(cat bank/chip_name)
                  first=$(cat /sys/class/gpio/gpiochip*/base); cd /sys/class/gpio
                  echo $((first + 1)) > export; cd gpio$((first + 1)); cat value
                  echo pull-up > $lines/sim_gpio1/pull; cat value";
    let words = ["--kernel-with", "input,gpio", "--", "sh", "-c", script];
    prints(&exec(&words, None)?, "0\n1\n")
}

/// A module is built for that kernel, and its device is read as any other. The order of
/// the additions does not matter.
fn input(_: &Path) -> Result<(), Failed> {
    let module = builder::root().join("tests/input-module").display().to_string();
    // Of an event: its type EV_KEY, code KEY_POWER and value, after the time.
    let script = "set -e; exec 3< /dev/input/event0
                  echo 1 > /sys/module/button/parameters/press
                  dd bs=24 count=1 <&3 2> /dev/null | od -An -j16 -t u2
                  test -c /dev/uinput";
    let words = ["--kernel-with", "gpio,input", "--kmod-src", &module, "--", "sh", "-c", script];
    prints(&exec(&words, None)?, "     1   116     1     0\n")
}

/// Only the builds of a first use write to stderr.
fn prints(output: &Output, expected: &str) -> Result<(), Failed> {
    if output.status.success() && output.stdout == expected.as_bytes() {
        return Ok(());
    }
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|s| String::from_utf8_lossy(s));
    Err(format!("{}\n{stdout}\n{stderr}", output.status).into())
}
