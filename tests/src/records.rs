//! Records that outlive their runs: `show` prints what the command printed, from the file
//! alone, and refuses every file that is no record.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use builder::guest::kmods;
use host::BUSYBOX;
use lab::course::Course;
use lab::error::Error;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample};
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use nix::sys::stat::Mode;
use serde_json::json;
use vm::command::Accel;

use crate::command_line::course;
use crate::exec::same;
use crate::pairs::Pairs;
use crate::runs::Runs;
use crate::{Test, lessons, schemas};

pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    lab.saved(machine, Accel::TCG)?;
    let exercise = Exercise::read(&lab.course.find("lesson-1")?, Seed::default())?;
    let folder = builder::root().join("tests/oops-module");
    let module = kmods::build_folder(&folder, &machine.kernel, &lab.cache, lab.progress)?;
    let module = module[0].to_string_lossy().into_owned();
    let (with, with_failed) =
        ((Arc::clone(lab), Arc::clone(machine)), (Arc::clone(lab), Arc::clone(machine)));
    Ok(vec![
        Test::new("records::a-run-is-shown-as-it-was".to_owned(), runs),
        Test::new("records::a-check-is-shown-as-it-was".to_owned(), move || {
            let (lab, machine) = with;
            lab.prepare(&machine, &exercise)?;
            checks(&exercise)
        }),
        Test::new("records::a-program-is-shown-as-it-was".to_owned(), move || programs(&module))
            .needs(BUSYBOX),
        Test::new("records::a-failed-test-keeps-its-record".to_owned(), move || {
            let (lab, machine) = with_failed;
            failed_test(&lab, &machine)
        }),
        Test::new("records::what-is-no-record-is-refused".to_owned(), refused),
        Test::new("records::a-record-is-written-whole-or-not-at-all".to_owned(), whole),
    ])
}

/// Runs the command line, without input.
fn call(args: &[&str]) -> Result<Output, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    Ok(command.args(args).stdin(Stdio::null()).output()?)
}

/// Runs `show` where nothing is built and nothing is installed. Its first line on stderr
/// says what the record is; it is checked and removed.
fn show(file: &Path, options: &[&str], what: &str) -> Result<Output, Failed> {
    let nothing = tempfile::tempdir()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("show").arg(file).args(options).stdin(Stdio::null());
    command.env("PATH", nothing.path()).env("XDG_CACHE_HOME", nothing.path());
    let mut output = command.output()?;
    let title = format!("a record of `{what}` by upcall {}: Linux ", env!("CARGO_PKG_VERSION"));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let (first, rest) = stderr.split_once('\n').unwrap_or_default();
    if !first.starts_with(&title) {
        return Err(format!("`{stderr}` does not begin with `{title}`").into());
    }
    output.stderr = rest.as_bytes().to_owned();
    Ok(output)
}

/// Checks that `show` prints what a command printed, and ends as it did.
fn as_it_was(was: &Output, shown: &Output) -> Result<(), Failed> {
    same(shown, was.status.code().unwrap_or(-1), &was.stdout, &was.stderr)
}

/// The page that a command wrote, and the one that `show` writes.
struct Pages {
    was: String,
    shown: String,
}

impl Pages {
    fn within(folder: &Path) -> Pages {
        let file = |name| folder.join(name).to_string_lossy().into_owned();
        Pages { was: file("was.html"), shown: file("shown.html") }
    }

    /// Checks that both are the same, and removes them.
    fn compare(&self, record: &Path, what: &str) -> Result<(), Failed> {
        show(record, &["--html", &self.shown], what)?;
        let [was, shown] = [&self.was, &self.shown].map(std::fs::read);
        if was? != shown? {
            return Err(format!("{what}: the page of the record is another").into());
        }
        std::fs::remove_file(&self.was)?;
        std::fs::remove_file(&self.shown)?;
        Ok(())
    }
}

fn runs() -> Result<(), Failed> {
    let (folder, course) = (tempfile::tempdir()?, course());
    let (file, course) = (folder.path().join("record"), course.to_string_lossy());
    let name = file.to_string_lossy();
    for (lesson, status, options) in [
        ("passing", 0, &[][..]),
        ("passing", 0, &["--cold"]),
        ("passing", 0, &["--no-trace"]),
        ("failing", 1, &[]),
        ("unproven", 1, &[]),
        ("hanging", 4, &[]),
        ("panicking", 4, &[]),
    ] {
        let words = [&["--course", &course, "run", lesson, "--record", &name], options].concat();
        let was = call(&words)?;
        if was.status.code() != Some(status) {
            return Err(format!("{lesson}: {}", was.status).into());
        }
        as_it_was(&was, &show(&file, &[], &format!("run {lesson}"))?)?;
    }
    // The last record with a story is that of a lesson whose runs are the same.
    let page = Pages::within(folder.path());
    let kept = ["--record", &name, "--html", &page.was];
    for (lesson, words) in
        [("panicking", "the guest kernel panicked: "), ("passing", "the program exits by itself")]
    {
        call(&[&["--course", &course, "run", lesson][..], &kept].concat())?;
        if !std::fs::read_to_string(&page.was)?.contains(words) {
            return Err(format!("{lesson}: its page lacks `{words}`").into());
        }
        page.compare(&file, &format!("run {lesson}"))?;
    }
    for looking in [
        &["--story"][..],
        &["--scene", "says_hello"],
        &["--scene", "says-helo"],
        &["--facts", "--task", "program", "--grep", "exits"],
        &["--task", "nobody"],
    ] {
        let was = call(&[&["--course", &course, "run", "passing"], looking].concat())?;
        as_it_was(&was, &show(&file, looking, "run passing")?)?;
    }
    let was = call(&["--course", &course, "run", "passing", "--record", &name, "--json"])?;
    as_it_was(&was, &show(&file, &["--json"], "run passing")?)
}

fn checks(exercise: &Exercise) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (file, work) = (folder.path().join("record"), folder.path().join("work"));
    let (name, work_name) = (file.to_string_lossy(), work.to_string_lossy());
    let work_flag = ["--work", &work_name];
    let page = Pages::within(folder.path());
    call(&[&work_flag[..], &["start", "lesson-1"]].concat())?;
    let lesson = exercise.lesson.name.to_string();
    let written = work.join(&lesson).join(exercise.file.name());
    let mutant = exercise.samples().pop().ok_or("there is no mutant")?;
    for (text, status) in [
        (exercise.sample(&Sample::Solution), 0),
        (exercise.sample(&mutant), 1),
        ("fn main() { let".to_owned(), 1),
    ] {
        std::fs::write(&written, text)?;
        for options in [&[][..], &["--json"], &["--seed", "7"]] {
            let kept = ["check", &lesson, "--record", &name, "--html", &page.was];
            let words = [&work_flag[..], &kept, options].concat();
            let was = call(&words)?;
            if was.status.code() != Some(status) {
                return Err(format!("{}", String::from_utf8_lossy(&was.stderr)).into());
            }
            let looking = if options == ["--json"] { options } else { &[] };
            if !looking.is_empty() {
                schemas::check("check", &serde_json::from_slice(&was.stdout)?)?;
            }
            let what = format!("check {lesson}");
            as_it_was(&was, &show(&file, looking, &what)?)?;
            page.compare(&file, &what)?;
        }
    }
    let shown = show(&file, &["--story"], &format!("check {lesson}"))?;
    same(
        &shown,
        2,
        b"",
        b"error: a record of `check` has no story, no scenes and no facts of a lesson\n",
    )?;
    let shown = show(&file, &["--task", "program"], &format!("check {lesson}"))?;
    same(&shown, 2, b"", b"error: this record of `check` is shown without a timeline\n")
}

fn programs(module: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("record");
    let json_file = folder.path().join("json");
    let (name, json_name) = (file.to_string_lossy(), json_file.to_string_lossy());
    let page = Pages::within(folder.path());
    let events = ["--events", "signal_generate"];
    let (module, short) = (["--kmod", module], ["--guest-timeout", "1"]);
    let faulty = "echo before; echo x > /dev/oops";
    let runs: &[(&[&str], &str, i32)] = &[
        (&[], "echo out; echo err >&2; printf '\\033\\000'; exit 3", 3),
        (&events, "kill -9 $$", 137),
        (&short, "echo begun; sleep 9", 124),
        (&events, "echo halts; reboot -f", 125),
        (&module, faulty, 125),
        (&[&module[..], &events].concat(), faulty, 125),
    ];
    for (flags, script, status) in runs {
        let kept = ["exec", "--record", &name, "--json", &json_name, "--html", &page.was];
        let words = [&kept[..], *flags, &["--", BUSYBOX, "sh", "-c", script]];
        let was = call(&words.concat())?;
        if was.status.code() != Some(*status) {
            return Err(format!("{script}: {}", String::from_utf8_lossy(&was.stderr)).into());
        }
        as_it_was(&was, &show(&file, &[], "exec busybox")?)?;
        let shown = show(&file, &["--json"], "exec busybox")?;
        schemas::check("exec", &serde_json::from_slice(&shown.stdout)?)?;
        if std::fs::read(&json_file)? != shown.stdout {
            return Err(format!("{script}: `exec --json` and `show --json` differ").into());
        }
        page.compare(&file, "exec busybox")?;
    }
    let narrowed = ["--grep", "SIGKILL", "--task", "busybox"];
    let kept = ["exec", "--record", &name, "--events", "sched_process_exec,signal_generate"];
    let script = ["--", BUSYBOX, "sh", "-c", "kill -9 $$"];
    let was = call(&[&kept[..], &narrowed, &script].concat())?;
    as_it_was(&was, &show(&file, &narrowed, "exec busybox")?)?;
    call(&["exec", "--record", &name, "--", BUSYBOX, "echo", "one", "two"])?;
    let shown = show(&file, &narrowed, "exec busybox")?;
    same(&shown, 2, b"", b"error: this record of `exec` is shown without a timeline\n")?;
    let shown = show(&file, &["--json"], "exec busybox")?;
    let found: serde_json::Value = serde_json::from_slice(&shown.stdout)?;
    let expected = json!({
        "version": 1, "program": "busybox", "args": ["echo", "one", "two"], "ending": "ended",
        "status": 0, "said": null, "stdout": "one two\n", "stderr": "", "timeline": null,
    });
    if found != expected {
        return Err(format!("{found:#}").into());
    }
    // Nothing ran, so there is nothing to show.
    std::fs::remove_file(&file)?;
    call(&["exec", "--record", &name, "--", "/no/such/program"])?;
    if file.exists() { Err("there is a record of nothing".into()) } else { Ok(()) }
}

/// The test of a lesson whose facts do not hold.
fn failed_test(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<(), Failed> {
    let (course, cache, kernel) = (Course::open(&course())?, lab.cache.clone(), lab.kernel.clone());
    let course = Course {
        names: course.names.iter().filter(|n| n.as_str() == "failing").cloned().collect(),
        ..course
    };
    let lab = Arc::new(Lab { course, cache, kernel, progress: lab.progress });
    let test = lessons::all(&lab, &Pairs::new(&Runs::new(&lab, machine)))?.remove(0);
    let failed = (test.run)().err().ok_or("the test passed")?;
    let message = failed.message().unwrap_or_default();
    let file = "target/records/lessons-failing.record";
    let told = message.strip_suffix(&format!("\nlook at it: cargo xtask show {file}"));
    let text = format!("{}\n", told.ok_or_else(|| format!("its record is not named:\n{message}"))?);
    let file = builder::root().join(file);
    same(&show(&file, &[], "run failing")?, 1, text.as_bytes(), b"")?;
    Ok(std::fs::remove_file(file)?)
}

fn refused() -> Result<(), Failed> {
    let (folder, course) = (tempfile::tempdir()?, course());
    let file = folder.path().join("record");
    let (name, course) = (file.to_string_lossy().into_owned(), course.to_string_lossy());
    call(&["--course", &course, "run", "passing", "--record", &name])?;
    let good = std::fs::read(&file)?;
    let is = |bytes: &[u8], said: &str| {
        std::fs::write(&file, bytes)?;
        same(&call(&["show", &name])?, 2, b"", format!("error: `{name}`{said}\n").as_bytes())
    };
    let files = files(&good)?;
    let about = |from: &str, to: &str| {
        let about = String::from_utf8_lossy(&files["about.json"]).replacen(from, to, 1);
        archive(&files, "about.json", about.as_bytes())
    };
    let version = env!("CARGO_PKG_VERSION");
    let other = format!("\"lab\": \"{version}\"");
    let newer = about("\"format\": 1", "\"format\": 2")?;
    is(
        &newer,
        &format!(
            " is a record in format 2, by upcall {version}, but this lab, upcall {version}, reads format 1"
        ),
    )?;
    let strange = about(&other, "\"lab\": \"9.0.0\",\n  \"colour\": 1")?;
    is(
        &strange,
        &format!(
            ", a record by upcall 9.0.0, makes no sense to this lab, upcall {version}: unknown field `colour`, expected one of `format`, `lab`, `kernel`, `qemu`, `command`, `ended`, `failed` at line 4 column 10"
        ),
    )?;
    let lesson =
        String::from_utf8_lossy(&files["lesson.toml"]).replacen("format = 1", "format = 9", 1);
    is(
        &archive(&files, "lesson.toml", lesson.as_bytes())?,
        &format!(
            ", a record by upcall {version}, makes no sense to this lab, upcall {version}: `passing/lesson.toml` has format 9, but this lab reads format 1"
        ),
    )?;
    let endless = about("\"trace_buffer_kib\": 1024", "\"trace_buffer_kib\": 4000000000")?;
    is(
        &endless,
        &format!(
            ", a record by upcall {version}, makes no sense to this lab, upcall {version}: its trace may have 4000000000 KiB"
        ),
    )?;
    let nonce = about("\"nonce\": \"", "\"nonce\": \"0")?;
    is(
        &nonce,
        &format!(
            ", a record by upcall {version}, makes no sense to this lab, upcall {version}: the record belongs to another run"
        ),
    )?;
    let no = |reason: &str| format!(" is no record of this lab: {reason}");
    is(
        &archive(&files, "etc/passwd", b"x")?,
        &no("the record has a file `etc/passwd`, which no record has"),
    )?;
    is(b"", &no("it has no `about.json`"))?;
    is(b"text", &no("failed to read the record: failed to read entire block"))?;
    is(
        &good[..1024],
        &no(&format!(
            "the record's `about.json` says that it has {} bytes, but only 512 follow",
            files["about.json"].len()
        )),
    )?;
    // Opening a pipe to read would wait for a writer.
    std::fs::remove_file(&file)?;
    nix::unistd::mkfifo(&file, Mode::S_IRWXU)?;
    let told = format!("error: `{name}`{}\n", no("it is no plain file"));
    same(&call(&["show", &name])?, 2, b"", told.as_bytes())?;
    std::fs::remove_file(&file)?;
    let told = format!(
        "error: failed to query resolved metadata `{name}`: No such file or directory (os error 2)\n"
    );
    same(&call(&["show", &name])?, 3, b"", told.as_bytes())
}

/// The files of an archive.
fn files(archive: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, Failed> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes)?;
        files.insert(entry.path()?.display().to_string(), bytes);
    }
    Ok(files)
}

/// An archive of these files, with one replaced or added.
fn archive(files: &BTreeMap<String, Vec<u8>>, name: &str, bytes: &[u8]) -> Result<Vec<u8>, Failed> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut files = files.clone();
    files.insert(name.to_owned(), bytes.to_owned());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, name, bytes.as_slice())?;
    }
    Ok(archive.into_inner()?)
}

/// A record that cannot be written is a failure, and leaves the earlier one.
fn whole() -> Result<(), Failed> {
    let (folder, course) = (tempfile::tempdir()?, course());
    let (file, course) = (folder.path().join("record"), course.to_string_lossy());
    std::fs::write(&file, "earlier")?;
    // Stands in for a disk that is full.
    std::os::unix::fs::symlink("/dev/full", folder.path().join(".record.unfinished"))?;
    let name = file.to_string_lossy();
    let output = call(&["--course", &course, "run", "passing", "--record", &name])?;
    let told = String::from_utf8_lossy(&output.stderr);
    let begins = told.starts_with(&format!("error: failed to write `{name}`: "));
    if output.status.code() != Some(3) || !begins || std::fs::read(&file)? != b"earlier" {
        return Err(format!("{}: {told}", output.status).into());
    }
    Ok(())
}
