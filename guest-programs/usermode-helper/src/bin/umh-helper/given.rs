//! Says what it was given.

use std::env;
use std::io;
use std::os::unix::process::parent_id;
use std::path::Path;

use marker::mark;
use steps::proc_value;

pub fn run(input: bool) -> io::Result<()> {
    let arguments: Vec<String> = env::args().collect();
    mark!("helper: {}", arguments.join(" "));
    let variables: Vec<String> =
        env::vars().map(|(name, value)| format!("{name}={value}")).collect();
    mark!("helper: {}", variables.join(" "));
    mark!("helper: its parent is a {}", name_of_parent());
    if env::current_dir().is_ok_and(|directory| directory == Path::new("/")) {
        mark!("helper: its directory is /");
    }
    if !input {
        mark!("helper: it has no standard input");
    }
    Ok(())
}

/// The name of its parent without what tells one kworker from another.
fn name_of_parent() -> String {
    let status = format!("/proc/{}/status", parent_id());
    let name = proc_value(&status, "Name").unwrap_or_default();
    name.split('/').next().unwrap_or_default().to_owned()
}
