//! Shows a text: in a pager if it is longer than the terminal.

use std::fs::File;
use std::io::{Seek, Write, stderr, stdout};
use std::process::{ExitStatus, Stdio};

use explain::visible;
use host::say;
use nix::sys::memfd::{MFdFlags, memfd_create};
use process::interrupt::{self, CtrlCLeft};
use process::{Command, terminal};
use story::render::ink::Inked;

use crate::screen::{self, Screen};
use crate::ui;

/// The pager that is used if `PAGER` is not set.
const USUAL: &str = "less";

/// Where a text is shown.
#[derive(Debug, Clone, Copy)]
enum Stream {
    Output,
    /// Standard error, because the output is a program's.
    Beside,
}

/// Shows a text on standard output. Whatever becomes of the pager, the command goes on.
pub fn show(text: &Inked, is_wanted: bool) {
    show_on(Stream::Output, Screen::of(&stdout()), text, is_wanted);
}

/// Shows a text on standard error. If standard output goes to another program, that may
/// have the terminal, as `| less` has, so there is no pager.
pub fn show_beside(text: &Inked, is_wanted: bool) {
    let is_wanted = is_wanted && !screen::is_piped(&stdout());
    show_on(Stream::Beside, Screen::of(&stderr()), text, is_wanted);
}

fn show_on(stream: Stream, screen: Screen, text: &Inked, is_wanted: bool) {
    let bytes = screen.text(text);
    let mut failure = None;
    if is_wanted && screen.is_too_small_for(text) {
        match in_pager(stream, &bytes) {
            Ok(true) => return,
            Ok(false) => {}
            Err(reason) => failure = Some(reason),
        }
    }
    match stream {
        Stream::Output => ui::print(&bytes),
        Stream::Beside => ui::print_beside(&bytes),
    }
    if let Some(reason) = failure {
        say(&reason);
    }
}

/// Shows a text in the pager. Returns whether there is one, or why the person's does not
/// work.
fn in_pager(stream: Stream, text: &str) -> Result<bool, String> {
    let Some(pager) = std::env::var_os("PAGER") else {
        let mut less = Command::new(USUAL);
        less.arg("-R");
        // Nobody asked for it, so nobody misses it.
        return Ok(page(less, stream, text).is_ok());
    };
    // What a person writes who wants none.
    if pager.is_empty() || pager == "cat" {
        return Ok(false);
    }
    // POSIX, on man(1): any text that `sh -c` takes.
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(&pager);
    let reason = match page(shell, stream, text) {
        // sh(1): not found, or found but not executable. The shell has said which.
        Ok(status) if matches!(status.code(), Some(126 | 127)) => "cannot be run".to_owned(),
        Ok(_) => return Ok(true),
        Err(error) => format!("cannot be run: {error}"),
    };
    Err(format!("PAGER is `{}`, which {reason}", visible(&pager.to_string_lossy())))
}

/// Runs a pager until the person has read enough. The text is a file, so nobody has to
/// write it while the pager waits for the person.
fn page(mut pager: Command, stream: Stream, text: &str) -> std::io::Result<ExitStatus> {
    let mut file = File::from(memfd_create(c"upcall", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    interrupt::listen()?;
    // Ctrl-C is a key of the pager's, and the pager leaves the terminal as it wants to.
    let _left = CtrlCLeft::to_program();
    let _saved = terminal::Saved::now();
    pager.in_foreground().stdin(file).stdout(match stream {
        Stream::Output => Stdio::inherit(),
        Stream::Beside => stderr().into(),
    });
    // The text is UTF-8 in every locale, and may be in colour.
    for (name, value) in [("LESSCHARSET", "utf-8"), ("LESS", "R")] {
        if std::env::var_os(name).is_none() {
            pager.env(name, value);
        }
    }
    pager.status()
}
