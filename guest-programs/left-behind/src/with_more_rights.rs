//! AT_SECURE says that this program has rights which its caller may not have. The kernel
//! decides that (`cap_bprm_creds_from_file`, security/commoncap.c), and writes it, and the C
//! library obeys: it does not look at LD_PRELOAD then. A set-user-ID program is one such case.
//! Here the child has been root for long, and only its real user is another.

use marker::{check, mark, scene};
use nix::libc;
use nix::unistd::{Uid, setresuid};
use steps::{ended_well, start};

use crate::auxv;
use crate::what_exec_leaves::execute;

const USER: Uid = Uid::from_raw(1000);
const ROOT: Uid = Uid::from_raw(0);

pub fn run() -> nix::Result<()> {
    check!("AT_SECURE", auxv::value(libc::AT_SECURE), Ok(0));
    scene!("2. a child executes it with root's rights, but its real user is another");
    let child = start(|| {
        setresuid(USER, ROOT, ROOT)?;
        execute("2")
    })?;
    ended_well(child)?;
    println!("2. real user 1000, effective user 0: AT_SECURE is 1, and was 0 before");
    Ok(())
}

/// What the new program does.
pub fn new_program(random_before: &str) -> nix::Result<()> {
    check!("AT_SECURE", auxv::value(libc::AT_SECURE), Ok(1));
    check!("AT_RANDOM is another", auxv::random()? != random_before, true);
    mark!("2. AT_SECURE is 1");
    Ok(())
}
