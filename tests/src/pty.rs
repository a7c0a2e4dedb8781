//! What tests that use a terminal have in common.

use std::process::Command;

/// The variables that say what a person wants, or where the lab runs: with `CI`, even a
/// dumb terminal gets colours.
const WISHES: [&str; 7] = ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI", "PAGER", "LESS", "TERM"];

/// Lets a command inherit none of a person's wishes. A test sets those that it is about.
pub fn without_wishes(command: &mut Command) -> &mut Command {
    for wish in WISHES {
        command.env_remove(wish);
    }
    command
}

/// The bytes that a terminal got. `rexpect` makes a character of each.
pub fn bytes(read: &str) -> Vec<u8> {
    read.chars().map(|c| c as u8).collect()
}
