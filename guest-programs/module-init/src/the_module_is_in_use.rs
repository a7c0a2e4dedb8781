//! An open file counts as a user of the module, because of .owner, and
//! `try_stop_module` (kernel/module/main.c) counts users. Another module that needs one
//! of its symbols is looked for before that.

use std::fs::File;
use std::io::{self, Read as _};

use marker::{check, mark, scene};
use module_init::{NAME, found, load, remove};
use nix::errno::Errno;

use crate::state::{ALL, use_count};

pub fn run() -> io::Result<()> {
    scene!("2. loads it again");
    load(c"")?;
    let mut file = File::open(format!("/dev/{NAME}"))?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    check!("what the file says", text, "hello\n");
    // One for the character device, one for the operations of the open file.
    check!("use count", use_count(NAME)?, 2);
    mark!("2. removal while a file is open");
    check!("removal while open", remove(c"lab_module_init"), Err(Errno::EWOULDBLOCK));
    check!("found after the refusal", found()?, ALL);
    println!("2. removal while a file is open (use count 2): EWOULDBLOCK");
    drop(file);
    check!("use count", use_count(NAME)?, 0);

    check!("use count of lab_trace", use_count("lab_trace")?, 1);
    mark!("2. removal of what it depends on");
    check!("removal of lab_trace", remove(c"lab_trace"), Err(Errno::EWOULDBLOCK));
    println!("   removal of lab_trace, whose symbols it uses: EWOULDBLOCK");
    Ok(())
}
