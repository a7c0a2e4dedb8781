//! What `show` prints, and so `run`, on terminals of several sizes and kinds and in a
//! pipe. Each text is compared whole with what the lab renders for that width.
//!
//! The scripts are a shell's, because a terminal gets its size there.

use std::path::Path;
use std::process::{Command, Stdio};

use host::BUSYBOX;
use lab::plan::Plan;
use lab::record_file::{Content, Opened};
use lab::report;
use lab::run::Run;
use libtest_mimic::Failed;
use nix::sys::termios::{LocalFlags, tcgetattr};
use rexpect::process::signal::Signal;
use rexpect::process::wait::WaitStatus;
use rexpect::session::{PtySession, spawn_command};
use story::narrow::UnknownTask;
use story::render::ink::Inked;
use story::view::View;
use tempfile::TempDir;

use crate::command_line::course;
use crate::{Test, pty};

/// How long anything may take. A machine under load is slow.
const LIMIT_MS: u64 = 60_000;
/// More rows than the text has lines.
const TALL: usize = 100;
const CTRL_C: char = 'c';

/// One test per property.
pub fn all() -> Vec<Test> {
    let test =
        |name: &str, check: fn() -> Result<(), Failed>| Test::new(format!("screen::{name}"), check);
    let of_exec = |name: &str, check: fn() -> Result<(), Failed>| test(name, check).needs(BUSYBOX);
    vec![
        of_exec("a-timeline-of-exec-is-as-wide-as-the-terminal", exec),
        of_exec("a-long-timeline-of-exec-is-in-a-pager", exec_in_a_pager),
        test("a-text-is-as-wide-as-the-terminal", widths),
        test("colours-are-where-they-are-wanted", colours),
        test("a-long-text-is-in-a-pager", pagers),
        test("a-pager-that-cannot-be-run-is-named", no_such_pager),
        test("ctrl-c-belongs-to-the-pager", interrupts),
        test("a-killed-lab-gives-the-terminal-back-from-a-pager", killed),
    ]
}

/// A record of a lesson whose fact does not hold, so `show` exits with 1.
struct Shown {
    _folder: TempDir,
    record: String,
}

impl Shown {
    fn new() -> Result<Shown, Failed> {
        let folder = tempfile::tempdir()?;
        let record = folder.path().join("record").to_string_lossy().into_owned();
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--course").arg(course()).args(["run", "unproven", "--record", &record]);
        command.stdin(Stdio::null()).output()?;
        Ok(Shown { _folder: folder, record })
    }

    /// What the lab renders for this width.
    fn text(&self, columns: usize) -> Result<Inked, Failed> {
        self.rendered(columns, report::shown)
    }

    /// What it renders of the story.
    fn story(&self, columns: usize) -> Result<Inked, Failed> {
        self.rendered(columns, report::story_shown)
    }

    fn rendered(
        &self,
        columns: usize,
        render: fn(&Plan, &Run, &View) -> Result<Inked, UnknownTask>,
    ) -> Result<Inked, Failed> {
        let Content::Run { plan, run } = Opened::read(Path::new(&self.record))?.content else {
            return Err("it is no record of a run".into());
        };
        let view = View { columns, ..View::default() };
        Ok(render(&plan, &*run.map_err(|error| error.to_string())?, &view)?)
    }

    /// Starts a shell's script on a terminal of this size, with these variables. It has
    /// `show` as its arguments.
    fn start(
        &self,
        (columns, rows): (usize, usize),
        wishes: &[(&str, &str)],
        script: &str,
    ) -> Result<PtySession, Failed> {
        let mut command = Command::new("sh");
        let script = format!("stty cols {columns} rows {rows}; {script}");
        command.args(["-c", &script, "sh"]).arg(std::env::current_exe()?);
        command.args(["show", &self.record]);
        pty::without_wishes(&mut command).env("TERM", "xterm").envs(wishes.iter().copied());
        Ok(spawn_command(command, Some(LIMIT_MS))?)
    }

    /// What `show` with these options prints on a terminal, and its exit status.
    fn on_terminal(
        &self,
        size: (usize, usize),
        wishes: &[(&str, &str)],
        options: &str,
    ) -> Result<String, Failed> {
        let script = format!("\"$@\" 2>/dev/null {options}; echo status $?");
        Ok(text(&self.start(size, wishes, &script)?.exp_eof()?))
    }
}

/// The text that a terminal got.
fn text(read: &str) -> String {
    String::from_utf8_lossy(&pty::bytes(read)).replace("\r\n", "\n")
}

fn same(found: &str, expected: &str, what: &str) -> Result<(), Failed> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what}:\n{found:?}\nis not\n{expected:?}").into()),
    }
}

fn widths() -> Result<(), Failed> {
    let shown = Shown::new()?;
    for (columns, width) in [(40, 60), (60, 60), (80, 80), (100, 100), (120, 120), (200, 120)] {
        let found = shown.on_terminal((columns, TALL), &[("NO_COLOR", "1")], "")?;
        let expected = format!("{}status 1\n", shown.text(width)?);
        same(&found, &expected, &format!("{columns} columns"))?;
        let found = shown.on_terminal((columns, TALL), &[("NO_COLOR", "1")], "--story")?;
        let expected = format!("{}status 1\n", shown.story(width)?);
        same(&found, &expected, &format!("the story in {columns} columns"))?;
        if !found.contains("\n✗ the program forks\n  expected at least 1 `") {
            return Err(format!("the fact that does not hold is not explained:\n{found}").into());
        }
    }
    Ok(())
}

/// The timeline is on stderr, and the terminal of stderr counts.
fn exec() -> Result<(), Failed> {
    for (columns, width) in [(40, 60), (100, 100), (200, 120)] {
        let mut command = Command::new("sh");
        let exec = "\"$XTASK\" exec --events signal_generate -- \"$BUSYBOX\" true | cat";
        command.args(["-c", &format!("stty cols {columns} rows 5; {exec}")]);
        command.env("XTASK", std::env::current_exe()?).env("BUSYBOX", BUSYBOX);
        command.env("NO_COLOR", "1");
        let found = text(&spawn_command(command, Some(LIMIT_MS))?.exp_eof()?);
        // Without marks, the lane of the kernel has all the room.
        let beginning = "        µs device   kernel";
        let header = format!("{beginning}{:>1$}\n", "user", width - beginning.chars().count());
        if !found.starts_with(&header) {
            return Err(format!("{columns} columns:\n{found}").into());
        }
    }
    Ok(())
}

/// The program's own output and its status stay as they are: the timeline alone is in the
/// pager, when the program has ended. `show` does the same with the record.
fn exec_in_a_pager() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let start = |rows: usize, pager: &str, script: &str| -> Result<String, Failed> {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("stty cols 80 rows {rows}; {script}; echo status $?")]);
        command.env("XTASK", std::env::current_exe()?).env("BUSYBOX", BUSYBOX);
        pty::without_wishes(&mut command).env("TERM", "xterm").env("NO_COLOR", "1");
        command.env("PAGER", pager);
        command.current_dir(folder.path());
        Ok(text(&spawn_command(command, Some(LIMIT_MS))?.exp_eof()?))
    };
    let exec = "\"$XTASK\" exec --events signals,processes --record record";
    let program = "-- \"$BUSYBOX\" sh -c 'echo before; (exit 7); exit 3'";
    let (short, tall, mark) = (5, TALL, "sed s/^/p/");

    // Not on a terminal, nobody needs a pager.
    let found = start(short, mark, &format!("{exec} {program} 2>timeline"))?;
    same(&found, "before\nstatus 3\n", "without a terminal")?;
    let timeline = std::fs::read_to_string(folder.path().join("timeline"))?;
    if timeline.lines().count() < short {
        return Err(format!("the timeline is too short for this test:\n{timeline}").into());
    }
    let paged: String = timeline.lines().map(|line| format!("p{line}\n")).collect();

    let found = start(short, mark, &format!("{exec} {program}"))?;
    same(&found, &format!("before\n{paged}status 3\n"), "on a small terminal")?;
    let found = start(short, mark, &format!("{exec} {program} >output"))?;
    same(&found, &format!("{paged}status 3\n"), "with the output in a file")?;
    same(&std::fs::read_to_string(folder.path().join("output"))?, "before\n", "the file")?;

    let shown = format!("before\n{timeline}");
    for (rows, pager, script, expected) in [
        (short, mark, "show record", format!("before\n{paged}status 3\n")),
        (tall, mark, "show record", format!("{shown}status 3\n")),
        (short, mark, "show record --no-pager", format!("{shown}status 3\n")),
        (short, "", "show record", format!("{shown}status 3\n")),
        // What reads the output may have the terminal itself.
        (short, mark, "show record | sed '/before/d'", format!("{timeline}status 0\n")),
    ] {
        let script = format!("\"$XTASK\" {script}");
        let found = start(rows, pager, &script)?;
        let found = found.split_once('\n').map_or("", |(_, found)| found);
        same(found, &expected, &format!("{rows} rows, `{pager}`, {script}"))?;
    }
    let no_pager = format!("{exec} --no-pager {program}");
    let found = start(short, mark, &no_pager)?;
    same(&found, &format!("{shown}status 3\n"), &no_pager)
}

fn colours() -> Result<(), Failed> {
    let shown = Shown::new()?;
    let (colours, plain) = (shown.text(80)?.for_terminal(true), shown.text(80)?.to_string());
    for (wishes, terminal, pipe) in [
        (&[][..], &colours, &plain),
        (&[("NO_COLOR", "1")], &plain, &plain),
        (&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], &plain, &plain),
        (&[("CLICOLOR", "0")], &plain, &plain),
        (&[("CLICOLOR_FORCE", "1")], &colours, &colours),
        (&[("TERM", "dumb")], &plain, &plain),
    ] {
        let what = format!("{wishes:?}");
        let found = shown.on_terminal((80, TALL), wishes, "")?;
        same(&found, &format!("{terminal}status 1\n"), &what)?;
        let found = shown.on_terminal((80, TALL), wishes, "| cat")?;
        same(&found, &format!("{pipe}status 0\n"), &format!("in a pipe, {what}"))?;
    }
    Ok(())
}

fn pagers() -> Result<(), Failed> {
    let shown = Shown::new()?;
    let plain = shown.text(80)?.to_string();
    let lines = plain.lines().count();
    let pager = ("PAGER", "sed s/^/P/ | sed s/P/p/");
    let paged: String = plain.lines().map(|line| format!("p{line}\n")).collect();
    let first = format!("{}\n", plain.lines().next().unwrap_or_default());
    for (rows, wish, options, expected) in [
        (lines, pager, "", &paged),
        // The text, and a line for the prompt.
        (lines + 1, pager, "", &plain),
        (5, pager, "--no-pager", &plain),
        (5, ("PAGER", ""), "", &plain),
        (5, ("PAGER", "cat"), "", &plain),
        // Reading no further is no error.
        (5, ("PAGER", "head -n 1"), "", &first),
    ] {
        let found = shown.on_terminal((80, rows), &[("NO_COLOR", "1"), wish], options)?;
        same(&found, &format!("{expected}status 1\n"), &format!("{rows} rows, {wish:?}"))?;
    }
    let found = shown.on_terminal((80, 5), &[("TERM", "dumb"), pager], "")?;
    same(&found, &format!("{plain}status 1\n"), "TERM=dumb")
}

fn no_such_pager() -> Result<(), Failed> {
    let shown = Shown::new()?;
    let wishes = [("NO_COLOR", "1"), ("PAGER", "/no/such/pager -x")];
    let script = "\"$@\" 2>&1; echo status $?";
    let found = text(&shown.start((80, 5), &wishes, script)?.exp_eof()?);
    // The shell has its own words for the first line.
    let said = "PAGER is `/no/such/pager -x`, which cannot be run\nstatus 1\n";
    let expected = format!("{}{said}", shown.text(80)?);
    match found.ends_with(&expected) {
        true => Ok(()),
        false => Err(format!("{found:?}\ndoes not end with\n{expected:?}").into()),
    }
}

/// The lab goes on, with its own exit status, when the pager is done.
fn interrupts() -> Result<(), Failed> {
    let shown = Shown::new()?;
    let pager = "trap 'echo caught; exit 3' INT; echo ready; read key < /dev/tty";
    let script = "trap : INT; \"$@\"; echo status $?";
    let mut session = shown.start((80, 5), &[("PAGER", pager)], script)?;
    session.exp_string("ready\r\n")?;
    session.send_control(CTRL_C)?;
    session.exp_string("caught\r\nstatus 1\r\n")?;
    Ok(())
}

/// A pager changes the terminal as long as it has it.
fn killed() -> Result<(), Failed> {
    let shown = Shown::new()?;
    let pager = "stty -icanon < /dev/tty; echo ready; read key < /dev/tty";
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let mut session = shown.start((80, 5), &[("PAGER", pager)], "exec \"$@\"")?;
        session.exp_string("ready\r\n")?;
        let terminal = session.process().get_file_handle()?;
        let is_canonical = || -> nix::Result<bool> {
            Ok(tcgetattr(&terminal)?.local_flags.contains(LocalFlags::ICANON))
        };
        if is_canonical()? {
            return Err("the pager has not changed the terminal".into());
        }
        session.process_mut().signal(signal)?;
        let status = session.process().wait()?;
        // The keeper's last act may come after the lab's end.
        session.exp_eof()?;
        match (status, is_canonical()?) {
            (WaitStatus::Signaled(_, by, _), true) if by == signal => {}
            (status, cooked) => return Err(format!("{status:?}, canonical: {cooked}").into()),
        }
    }
    Ok(())
}
