//! Shows a text on standard output: in a pager if it is longer than the terminal.

use std::fs::File;
use std::io::{Seek, Write, stdout};
use std::process::ExitStatus;

use explain::visible;
use host::say;
use nix::sys::memfd::{MFdFlags, memfd_create};
use process::interrupt::{self, CtrlCLeft};
use process::{Command, terminal};
use story::render::ink::Inked;

use crate::screen::Screen;
use crate::ui;

/// The pager that is used if `PAGER` is not set.
const USUAL: &str = "less";

/// Shows a text. Whatever becomes of the pager, the command goes on.
pub fn show(text: &Inked, is_wanted: bool) {
    let screen = Screen::of(&stdout());
    let bytes = screen.text(text);
    let mut failure = None;
    if is_wanted && screen.is_too_small_for(text) {
        match in_pager(&bytes) {
            Ok(true) => return,
            Ok(false) => {}
            Err(reason) => failure = Some(reason),
        }
    }
    ui::print(&bytes);
    if let Some(reason) = failure {
        say(&reason);
    }
}

/// Shows a text in the pager. Returns whether there is one, or why the person's does not
/// work.
fn in_pager(text: &str) -> Result<bool, String> {
    let Some(pager) = std::env::var_os("PAGER") else {
        let mut less = Command::new(USUAL);
        less.arg("-R");
        // Nobody asked for it, so nobody misses it.
        return Ok(page(less, text).is_ok());
    };
    // What a person writes who wants none.
    if pager.is_empty() || pager == "cat" {
        return Ok(false);
    }
    // POSIX, on man(1): any text that `sh -c` takes.
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(&pager);
    let reason = match page(shell, text) {
        // sh(1): not found, or found but not executable. The shell has said which.
        Ok(status) if matches!(status.code(), Some(126 | 127)) => "cannot be run".to_owned(),
        Ok(_) => return Ok(true),
        Err(error) => format!("cannot be run: {error}"),
    };
    Err(format!("PAGER is `{}`, which {reason}", visible(&pager.to_string_lossy())))
}

/// Runs a pager until the person has read enough. The text is a file, so nobody has to
/// write it while the pager waits for the person.
fn page(mut pager: Command, text: &str) -> std::io::Result<ExitStatus> {
    let mut file = File::from(memfd_create(c"upcall", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    interrupt::listen()?;
    // Ctrl-C is a key of the pager's, and the pager leaves the terminal as it wants to.
    let _left = CtrlCLeft::to_program();
    let _saved = terminal::Saved::now();
    pager.in_foreground().stdin(file);
    // The text is UTF-8 in every locale, and may be in colour.
    for (name, value) in [("LESSCHARSET", "utf-8"), ("LESS", "R")] {
        if std::env::var_os(name).is_none() {
            pager.env(name, value);
        }
    }
    pager.status()
}
