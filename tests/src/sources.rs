//! Tests that Cargo runs: unit tests, clippy, rustfmt.

use libtest_mimic::Failed;
use xshell::{Cmd, Shell, cmd};

use crate::Test;

/// One test a tool.
pub fn all() -> Vec<Test> {
    let test = |name: &str, command: fn(&Shell) -> Cmd<'_>| {
        Test::new(format!("sources::{name}"), move || {
            let sh = Shell::new()?;
            sh.change_dir(lab::root());
            let output = command(&sh).quiet().ignore_status().output()?;
            if output.status.success() {
                return Ok(());
            }
            let text = [output.stdout, output.stderr].concat();
            Err(Failed::from(String::from_utf8_lossy(&text)))
        })
    };
    vec![
        test("unit-tests", |sh| {
            cmd!(
                sh,
                "cargo test --quiet --locked -p lab -p tests -p xtask -p protocol -p marker -p student"
            )
        }),
        test("clippy", |sh| {
            cmd!(sh, "cargo clippy --quiet --locked --workspace --all-targets -- -D warnings")
        }),
        test("rustfmt", |sh| cmd!(sh, "cargo fmt --all --check")),
    ]
}
