//! A student's way through an exercise, compared exactly: every command of the loop on
//! real files, from the start to the solution.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use lab::error::Error;
use lab::exercise::submission::Submission;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample};
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::command_line::cannot_be_written;
use crate::snapshots::compare;
use crate::{Test, schemas};

/// A step: the student's action and its exit status.
enum Step {
    /// Runs the command line.
    Call(&'static [&'static str], i32),
    /// Writes the content of this sample into the file.
    Write(Sample, &'static str),
}

/// A single test, because the steps depend on each other.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let exercise = Exercise::read(&lab.course.find("lesson-1")?, Seed::default())?;
    let netlink = Exercise::read(&lab.course.find("netlink")?, Seed::default())?;
    let solution = exercise.sample(&Sample::Solution);
    let own = Exercise::read(&lab.course.find("kill-pid")?, Seed::default())?;
    let (known, started, solved) = (exercise.clone(), exercise.clone(), exercise.clone());
    let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
    Ok(vec![
        Test::new("classroom::walk".to_owned(), move || {
            // Build this first, so that no call reports that it builds.
            lab.prepare(&machine, &exercise)?;
            full(&exercise)?;
            walk(&exercise)
        }),
        Test::new("classroom::where-i-was".to_owned(), move || where_i_was(&solved)),
        Test::new("classroom::troubles".to_owned(), move || troubles(&known, &own)),
        Test::new("classroom::compilers-speak".to_owned(), move || compilers_speak(&started)),
        Test::new("classroom::ci-recipe".to_owned(), {
            let solution = solution.clone();
            move || ci_recipe(&solution)
        }),
        Test::new("classroom::old-work-still-checks".to_owned(), move || old_work(&netlink)),
        Test::new("classroom::parts-are-joined".to_owned(), {
            let solution = solution.clone();
            move || parts(&solution)
        }),
        Test::new("classroom::a-download-is-graded".to_owned(), move || download(&solution)),
        Test::new("classroom::students-learn-no-inputs".to_owned(), students_learn_no_inputs),
        Test::new("classroom::mutants".to_owned(), mutants),
    ])
}

/// The script of the CI recipes, on the repository of a student who has solved one
/// exercise and added a build script.
fn ci_recipe(solution: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    // A folder name in the old form, with a number that is now another lesson's.
    let submission = folder.path().join("submission/lesson-03-sigchld");
    std::fs::create_dir_all(&submission)?;
    std::fs::write(submission.join("main.rs"), solution)?;
    std::fs::write(submission.join("build.rs"), "fn main() { panic!() }")?;
    let results = folder.path().join("results");
    let output = Command::new(builder::root().join("docs/ci/grade.sh"))
        .arg(builder::root())
        .arg(folder.path().join("submission"))
        .arg(&results)
        .env("SEED", "7")
        .stdin(Stdio::null())
        .output()?;
    let told = || String::from_utf8_lossy(&output.stderr).into_owned();
    let said = "`lesson-03-sigchld` means sigchld; lesson-3 is signal-self now";
    if !output.status.success() || !told().contains(said) {
        return Err(told().into());
    }
    let mut marks: serde_json::Value =
        serde_json::from_slice(&std::fs::read(results.join("marks.json"))?)?;
    schemas::check("grade", &marks)?;
    // It differs for every version of the exercise.
    let version = marks["exercises"]["sigchld"].take();
    if version.as_str().is_none_or(|version| version.len() != 20) {
        return Err(format!("the exercise's version is {version}").into());
    }
    let graded = Submission { shown: PathBuf::new(), text: solution.to_owned(), ignored: vec![] };
    let expected = serde_json::json!({
        "version": 1,
        "lab": lab::maker::LAB,
        "seed": 7,
        "exercises": {"sigchld": null},
        "class": lab::grade::head::key_of(["submission"]),
        "students": 1,
        "shard": null,
        "results": [{
            "student": "submission",
            "id": null,
            "lesson": "sigchld",
            "points": 6,
            "of": 6,
            "kernels": "lesson",
            "ending": null,
            "said": null,
            "mistake": null,
            "submission": graded.key(),
            "ignored": ["build.rs"],
            "checks": [
                { "name": "reaps-all", "what": "reaps every child that exited", "points": 3, "of": 3, "passed": true },
                { "name": "ends", "what": "does not wait for the child that still runs", "points": 2, "of": 2, "passed": true },
                { "name": "counts", "what": "says how many it reaped, each time", "points": 1, "of": 1, "passed": true },
            ],
            "error": null,
        }],
        "gradebook": [{
            "student": "submission",
            "id": null,
            "points": 6.0,
            "of": 6,
            "percent": 100.0,
            "exercises": {"sigchld": {
                "points": 6.0, "of": 6, "state": "ran", "said": null, "days_late": 0,
            }},
        }],
        "statistics": {
            "students": 1,
            "graded": 1,
            "mean_percent": 100.0,
            "median_percent": 100.0,
            "exercises": {"sigchld": {
                "of": 6, "graded": 1, "full": 1, "mean": 6.0, "median": 6.0,
                "states": {"ran": 1}, "failed": {}, "mistakes": {},
            }},
        },
    });
    if marks != expected {
        return Err(format!("the marks are {marks:#}").into());
    }
    let texts = ["feedback", "for-students"];
    let texts = texts.map(|folder| format!("{folder}/submission/sigchld.txt"));
    for file in texts.iter().map(String::as_str).chain(["marks.xml", "marks.csv", "gradebook.csv"])
    {
        std::fs::metadata(results.join(file)).map_err(|e| format!("{file}: {e}"))?;
    }
    Ok(())
}

/// Work from the time when lessons, and their crates, had numbers.
fn old_work(exercise: &Exercise) -> Result<(), Failed> {
    let work = tempfile::tempdir()?;
    let folder = work.path().join("lesson-12-netlink");
    let (new, old) = ("use netlink::", "use lesson_12_netlink::");
    let solution = exercise.sample(&Sample::Solution);
    if !solution.contains(new) {
        return Err(format!("the solution has no `{new}`").into());
    }
    std::fs::create_dir(&folder)?;
    std::fs::write(folder.join("main.rs"), solution.replace(new, old))?;
    let progress = "{\"version\": 1, \"lessons\": {\"lesson-12-netlink\": \
                    {\"points\": 2, \"of\": 9, \"hints\": 1, \"peeked\": false}}}";
    std::fs::write(work.path().join("progress.json"), progress)?;
    call(work.path(), &["check", "netlink"], 0)?;
    let told = call(work.path(), &["progress"], 0)?;
    match has_row(&told, "netlink 9 of 9 points, 1 hint") {
        true => Ok(()),
        false => Err(told.into()),
    }
}

/// Two machines that grade half of a class each give the bytes of one.
fn parts(solution: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    for student in ["ann", "bob", "cat"] {
        let work = folder.path().join("class").join(student).join("sigchld");
        std::fs::create_dir_all(&work)?;
        // One of them handed in nothing.
        if student != "bob" {
            std::fs::write(work.join("main.rs"), solution)?;
        }
    }
    let grade = |args: &[&str], status: i32| -> Result<String, Failed> {
        let mut command = Command::new(std::env::current_exe()?);
        command.current_dir(folder.path()).arg("grade").args(args).stdin(Stdio::null());
        let output = command.output()?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code() == Some(status) { Ok(told) } else { Err(told.into()) }
    };
    let whole = ["class", "--json", "whole.json", "--gradebook", "whole.csv"];
    grade(&[&whole[..], &["--junit", "whole.xml"]].concat(), 0)?;
    grade(&["class", "--shard", "1/2", "--json", "1.json"], 0)?;
    grade(&["class", "--shard", "2/2", "--json", "2.json"], 0)?;
    let join = ["--merge", "2.json", "1.json", "--json", "joined.json", "--gradebook", "j.csv"];
    let join = [&join[..], &["--junit", "j.xml"]].concat();
    grade(&join, 0)?;
    let read = |file: &str| std::fs::read_to_string(folder.path().join(file));
    schemas::check("grade", &serde_json::from_str(&read("1.json")?)?)?;
    let is_joined = || -> Result<(), Failed> {
        for (joined, whole) in
            [("joined.json", "whole.json"), ("j.csv", "whole.csv"), ("j.xml", "whole.xml")]
        {
            let (joined, whole) = (read(joined)?, read(whole)?);
            if joined != whole {
                return Err(format!("{joined}--- and not\n{whole}").into());
            }
        }
        Ok(())
    };
    is_joined()?;
    // One student of a part is graded again, by hand.
    grade(&["class/cat", "--into", "1.json", "--regrade"], 0)?;
    grade(&join, 0)?;
    is_joined()?;
    // A part with another seed is of other marks.
    grade(&["class", "--shard", "2/2", "--seed", "8", "--json", "8.json"], 0)?;
    let told = grade(&["--merge", "1.json", "8.json"], 2)?;
    if !told.contains("failed to merge `8.json`: its seed is 8, and that of `1.json` is 0") {
        return Err(told.into());
    }
    let told = grade(&["--merge", "1.json"], 2)?;
    if !told.contains("failed to merge: part 2/2 is missing") {
        return Err(told.into());
    }
    // A file that cannot be written is told before anything is graded.
    let told = grade(&["class", "--csv", "none/marks.csv"], 3)?;
    if !told.contains("cannot write `none/marks.csv`") || told.contains("grading") {
        return Err(told.into());
    }
    // Several exercises, in the order of the course.
    let lessons = ["--lesson", "kill-pid", "--lesson", "1", "--lesson", "sigchld"];
    grade(&[&["class", "--json", "both.json"], &lessons[..]].concat(), 0)?;
    let both: serde_json::Value = serde_json::from_str(&read("both.json")?)?;
    let rows = both["results"].as_array().ok_or("there are no results")?;
    let lessons: Vec<_> = rows.iter().filter_map(|row| row["lesson"].as_str()).collect();
    match lessons == ["sigchld", "kill-pid"].repeat(3) {
        true => Ok(()),
        false => Err(format!("{lessons:?}").into()),
    }
}

/// An archive as Moodle gives it, with students who named and packed their files as
/// they liked.
fn download(solution: &str) -> Result<(), Failed> {
    let panics = sample("panics.rs")?;
    let mut download = tar::Builder::new(Vec::new());
    let of = |student: &str, file: &str| format!("{student}_assignsubmission_file/{file}");
    for (path, text) in [
        (of("Ada_11", "main.rs"), solution),
        (of("Ada_11", ".DS_Store"), ""),
        (of("Bob_12", "lesson-1/main.rs"), solution),
        (of("Bob_12", "lesson-1/TASK.md"), ""),
        (of("Bob_12", "lesson-1/notes"), ""),
        (of("Eve_13", "sigchild/main.rs"), solution),
        (of("Fay_14", "work.zip"), "no archive"),
        (of("Gus_17", "main.rs"), &panics),
        (of("Joe_15", "sigchld/Main.rs"), solution),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        download.append_data(&mut header, path, text.as_bytes())?;
    }
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("download.tar"), download.into_inner()?)?;
    let class = "[weights]\nsigchld = 10\n[ids]\nZoe = \"16\"\n[[override]]\n\
                 student = \"Eve_13\"\nlesson = \"sigchld\"\npoints = 8\nreason = \"a typo\"\n";
    std::fs::write(folder.path().join("class.toml"), class)?;
    let output = Command::new(std::env::current_exe()?)
        .current_dir(folder.path())
        .args(["grade", "download.tar", "--lesson", "1", "--class", "class.toml"])
        .args(["--json", "marks.json", "--gradebook", "book.csv", "--moodle", "moodle.csv"])
        .args(["--html", "pages"])
        .stdin(Stdio::null())
        .output()?;
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (told(&output.stdout), told(&output.stderr));
    if !output.status.success() {
        return Err(stderr.into());
    }
    let expected = "\
Ada_11  sigchld                      6 of 6
Bob_12  sigchld                      6 of 6  (ignored: notes)
Eve_13  sigchld                      0 of 6  there is no `sigchld`
Fay_14  sigchld                      0 of 6  `work.zip` cannot be unpacked: invalid Zip archive: \
Could not find EOCD
Gus_17  sigchld                      0 of 6  main.rs:2: the program panics
Joe_15  sigchld                      0 of 6  there is no `sigchld/main.rs`, but `Main.rs` looks like it
";
    if stdout != expected {
        return Err(format!("expected:\n{expected}but found:\n{stdout}").into());
    }
    for note in
        ["`lesson-1` means sigchld", "Eve_13: `sigchild` is no lesson; did you mean `sigchld`?"]
    {
        if !stderr.lines().any(|line| line.ends_with(note)) {
            return Err(format!("`{note}` is not in:\n{stderr}").into());
        }
    }
    let found = |file: &str| std::fs::read_to_string(folder.path().join(file));
    let expected = "\
student,id,points,of,percent,sigchld,missing,refused,not compiled,crashed,overridden,not graded,late\r
Ada_11,11,10,10,100,10,,,,,,,\r
Bob_12,12,10,10,100,10,,,,,,,\r
Eve_13,13,8,10,80,8,,,,,sigchld: a typo,,\r
Fay_14,14,0,10,0,0,,sigchld: `work.zip` cannot be unpacked: invalid Zip archive: \
Could not find EOCD,,,,,\r
Gus_17,17,0,10,0,0,,,,sigchld: main.rs:2: the program panics,,,\r
Joe_15,15,0,10,0,0,\"sigchld: there is no `sigchld/main.rs`, but `Main.rs` looks like it\",,,,,,\r
";
    if found("book.csv")? != expected {
        return Err(found("book.csv")?.into());
    }
    let expected = "\
Identifier,Full name,Grade,Maximum Grade,Last modified (grade)\r
Participant 11,Ada_11,10,10,-\r
Participant 12,Bob_12,10,10,-\r
Participant 13,Eve_13,8,10,-\r
Participant 14,Fay_14,0,10,-\r
Participant 17,Gus_17,0,10,-\r
Participant 15,Joe_15,0,10,-\r
";
    if found("moodle.csv")? != expected {
        return Err(found("moodle.csv")?.into());
    }
    // The pages lead from the class to a student to a timeline.
    for (page, link) in [
        ("index.html", "href=\"./students/Ada_11/index.html\""),
        ("students/Ada_11/index.html", "href=\"./sigchld.html\""),
        ("students/Ada_11/sigchld.html", "id=\"e1\""),
        ("students/Eve_13/index.html", "overridden: a typo"),
    ] {
        if !found(&format!("pages/{page}"))?.contains(link) {
            return Err(format!("`{page}` has no `{link}`").into());
        }
    }
    let marks: serde_json::Value = serde_json::from_str(&found("marks.json")?)?;
    schemas::check("grade", &marks)?;
    let found = (&marks["results"][2]["points"], &marks["gradebook"][2]["points"]);
    if found == (&0.into(), &8.0.into()) && marks["statistics"]["mean_percent"] == 46.67 {
        Ok(())
    } else {
        Err(format!("the marks are {marks:#}").into())
    }
}

/// Students see the same text for every seed, although their program prints its
/// arguments. Teachers see different texts.
fn students_learn_no_inputs() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let submission = folder.path().join("class/ada/sigchld");
    std::fs::create_dir_all(&submission)?;
    let nosy =
        "fn main() { println!(\"{:?}\", std::env::args()); panic!(\"{:?}\", std::env::args()) }";
    std::fs::write(submission.join("main.rs"), nosy)?;
    let shown = |seed: &str, flag: &str| -> Result<String, Failed> {
        let to = folder.path().join(format!("{seed}{flag}"));
        let (class, to) = (folder.path().join("class"), to);
        let output = Command::new(std::env::current_exe()?)
            .arg("grade")
            .arg(class)
            .args(["--seed", seed, flag])
            .arg(&to)
            .stdin(Stdio::null())
            .output()?;
        match output.status.success() {
            true => Ok(std::fs::read_to_string(to.join("ada/sigchld.txt"))?),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
        }
    };
    let (students, teachers) = ("--for-students", "--feedback");
    if shown("7", teachers)? == shown("8", teachers)? {
        return Err("two seeds give the same inputs".into());
    }
    let expected = "✗ reaps every child that exited (0 of 3)\n\
                    ✗ does not wait for the child that still runs (0 of 2)\n\
                    ✗ says how many it reaped, each time (0 of 1)\n\n\
                    sigchld: 0 of 6 points\n";
    for seed in ["7", "8"] {
        let found = shown(seed, students)?;
        if found != expected {
            return Err(format!("expected:\n{expected}but with seed {seed}:\n{found}").into());
        }
    }
    Ok(())
}

/// Commands without an argument go on where the last one was, and after a pass with the
/// next exercise. A file that is gone was started all the same.
fn where_i_was(exercise: &Exercise) -> Result<(), Failed> {
    let work = tempfile::tempdir()?;
    let work = work.path();
    let expect = |args: &[&str], status, part: &str| {
        let told = call(work, args, status)?;
        let found = told.contains(part);
        if found { Ok(()) } else { Err(Failed::from(format!("no {part:?} in:\n{told}"))) }
    };
    expect(&["start"], 0, "\n# Reap every child\n")?;
    expect(&["hint"], 0, "\n1 of 3: Three children")?;
    let file = |name: &str| work.join(name).join("main.rs");
    std::fs::write(file("sigchld"), exercise.sample(&Sample::Solution))?;
    let well_done = "\nsigchld: 6 of 6 points\n\
                     Well done! cargo xtask solution sigchld shows how the lab would do it, and why\n\
                     cargo xtask start goes on with the next exercise\n";
    expect(&["check"], 0, well_done)?;
    expect(&["check", "--all"], 0, well_done)?;
    expect(&["start"], 0, "\n# As many workers as there can be\n")?;
    let file = file("fork-return");
    std::fs::remove_file(&file)?;
    let gone = format!(
        "error: `{}` is gone\n\
         hint: put it back, or `cargo xtask start fork-return` begins it again\n",
        file.display()
    );
    expect(&["check"], 2, &gone)?;
    let told = call(work, &["progress"], 0)?;
    if !has_row(&told, "fork-return started, the file is gone") {
        return Err(format!("the file is not said to be gone:\n{told}").into());
    }
    expect(&["start"], 0, "fork-return/main.rs is yours: fill in")
}

/// Whether a table has a row with these words. How wide its columns are depends on all rows.
fn has_row(told: &str, words: &str) -> bool {
    told.lines().any(|line| line.split_whitespace().eq(words.split(' ')))
}

/// A program or module that does nothing right.
fn sample(name: &str) -> std::io::Result<String> {
    std::fs::read_to_string(builder::root().join("tests/without-work").join(name))
}

/// What students are told of a module or program in trouble, on one screen.
fn troubles(program: &Exercise, module: &Exercise) -> Result<(), Failed> {
    let solution = module.sample(&Sample::Solution);
    let first = "u32 causes = readl(edu.regs + EDU_IRQ_STATUS);\n";
    if !solution.contains(first) {
        return Err("the solution has another first line".into());
    }
    let with = |statement: &str| {
        let text = solution.replace(first, &format!("{first}\t{statement}\n"));
        text.replace("#include <linux/fs.h>", "#include <linux/delay.h>\n#include <linux/fs.h>")
    };
    // What the kernel calls with a bad pointer; the module is on the stack only.
    let isr = "static irqreturn_t lab_kill_pid_isr(";
    let measure = "static char *volatile name;\nstatic noinline size_t measure(void)\n{\n\t\
                   return strlen(name);\n}\n\n";
    let callee = with("causes += measure();").replacen(isr, &format!("{measure}{isr}"), 1);
    let cases = [
        ("a module that prints", module, with("pr_info(\"causes %x\\n\", causes);"), 0),
        ("a module that warns", module, with("WARN_ON_ONCE(causes);"), 1),
        ("a module that sleeps in its handler", module, with("msleep(1);"), 1),
        ("a module that oopses", module, with("causes = *(volatile u32 *)8;"), 1),
        ("a module of which a callee oopses", module, callee, 1),
        ("a module that is not loaded", module, sample("fails.c")?, 1),
        ("a program that is killed", program, sample("segfaults.rs")?, 1),
        ("a program that exits with 1", program, sample("exits-with-1.rs")?, 1),
    ];
    let mut all = String::new();
    for (what, exercise, text, status) in cases {
        let work = tempfile::tempdir()?;
        let name = exercise.lesson.name.to_string();
        call(work.path(), &["start", &name], 0)?;
        std::fs::write(work.path().join(&name).join(exercise.file.name()), text)?;
        let told = call(work.path(), &["check", &name], status)?;
        // The command's line and the next prompt have their own rows.
        let shown = told.trim_end().lines().skip(1);
        if shown.clone().count() > 22 || shown.clone().any(|line| line.chars().count() > 80) {
            return Err(format!("it does not fit on a screen:\n{told}").into());
        }
        all += &format!("[{what}]\n\n{}", without_pid(&told));
        if what == "a module that oopses" {
            the_record_has_the_line(work.path(), &name)?;
        }
    }
    let work = tempfile::tempdir()?;
    call(work.path(), &["start", "1"], 0)?;
    let file = work.path().join(program.lesson.name.to_string()).join(program.file.name());
    std::fs::write(file, sample("panics.rs")?)?;
    // The rest has a thread's number.
    let told = call(work.path(), &["check", "1"], 1)?;
    if !told.contains("\nmain.rs:2: the program panics.\n") {
        return Err(format!("the line is missing:\n{told}").into());
    }
    compare("classroom-troubles", &all)
}

/// The same with `‹pid›` for the number in the kernel's `scheduling while atomic: harness/20/…`.
/// How many threads the kernel started before depends on its version and on the moment at
/// which the machine was saved.
fn without_pid(told: &str) -> String {
    let start = "scheduling while atomic: harness/";
    let Some((before, rest)) = told.split_once(start) else { return told.to_owned() };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{before}{start}‹pid›{rest}")
}

/// What was compiled only to know a line is not there when a record is shown, and the line
/// is. `show` also says, on stderr, what it shows.
fn the_record_has_the_line(work: &Path, name: &str) -> Result<(), Failed> {
    let record = work.join("run.record");
    let record = record.to_string_lossy();
    let check = call(work, &["check", name, "--record", &record], 1)?;
    let show = call(work, &["show", &record], 1)?;
    let report = |told: &str| -> Vec<String> {
        let lines = told.lines().skip(1).filter(|line| !line.starts_with("a record of "));
        lines.map(str::to_owned).collect()
    };
    let (checked, shown) = (report(&check), report(&show));
    let is_there = |line: &String| line.starts_with("lab_kill_pid.c:49: the kernel panicked");
    match checked.first().is_some_and(is_there) && checked == shown {
        true => Ok(()),
        false => Err(format!("show:\n{show}\nis not check:\n{check}").into()),
    }
}

/// Warnings are shown although the file compiles, in colour if that is asked for. A record
/// has them, too, and a timeline has the program's name and the harness's steps.
fn compilers_speak(exercise: &Exercise) -> Result<(), Failed> {
    let work = tempfile::tempdir()?;
    call(work.path(), &["start", "1"], 0)?;
    let file = work.path().join(exercise.lesson.name.to_string()).join(exercise.file.name());
    std::fs::write(file, exercise.sample(&Sample::Solution) + "fn unused() {}\n")?;
    let record = work.path().join("run.record");
    let record = record.to_string_lossy();
    let run = |args: &[&str], variable: &str| -> Result<String, Failed> {
        let output = Command::new(std::env::current_exe()?)
            .arg("--work")
            .arg(work.path())
            .args(args)
            .env(variable, "1")
            .stdin(Stdio::null())
            .output()?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned().into()),
        }
    };
    let plain = run(&["check", "1", "--record", &record], "NO_COLOR")?;
    let warning = "| warning: function `unused` is never used\n";
    if !plain.starts_with("--- compiler\n") || !plain.contains(warning) {
        return Err(format!("no warning:\n{plain}").into());
    }
    let shown = run(&["show", &record], "NO_COLOR")?;
    if shown != plain {
        return Err(format!("the record shows something else:\n{shown}").into());
    }
    let coloured = run(&["check", "1"], "CLICOLOR_FORCE")?;
    if !coloured
        .contains("\u{1b}[1m\u{1b}[33m| warning: function `unused` is never used\u{1b}[0m\n")
    {
        return Err(format!("no colour:\n{coloured}").into());
    }
    let timeline = run(&["check", "1", "--timeline"], "NO_COLOR")?;
    for part in [
        "--- timeline of sigchld, children=5\nthe program's arguments: 5\n",
        "[harness] the program\n",
        "[program] wait4 returns",
    ] {
        if !timeline.contains(part) {
            return Err(format!("it has no {part:?}:\n{timeline}").into());
        }
    }
    Ok(())
}

/// The text that teachers see about an exercise's mutants.
fn mutants() -> Result<(), Failed> {
    let work = tempfile::tempdir()?;
    compare("classroom-mutants", &call(work.path(), &["mutants", "lesson-1"], 0)?)
}

/// If a verdict cannot be printed, the command fails.
fn full(exercise: &Exercise) -> Result<(), Failed> {
    let work = tempfile::tempdir()?;
    call(work.path(), &["start", "1"], 0)?;
    let file = work.path().join(exercise.lesson.name.to_string()).join(exercise.file.name());
    std::fs::write(file, exercise.sample(&Sample::Solution))?;
    let output = Command::new(std::env::current_exe()?)
        .arg("--work")
        .arg(work.path())
        .args(["check", "1"])
        .stdin(Stdio::null())
        .stdout(File::options().write(true).open("/dev/full")?)
        .output()?;
    cannot_be_written(&output)
}

fn walk(exercise: &Exercise) -> Result<(), Failed> {
    let steps = [
        Step::Call(&["check", "1"], 2),
        Step::Call(&["start", "1"], 0),
        Step::Call(&["check", "1"], 1),
        Step::Call(&["hint", "1"], 0),
        Step::Write(Sample::Mutant("one-wait".to_owned()), "a wrong try: one wait for each signal"),
        Step::Call(&["check", "1"], 1),
        Step::Call(&["hint", "1"], 0),
        Step::Call(&["hint", "1"], 0),
        Step::Call(&["hint", "1"], 0),
        Step::Call(&["solution", "1"], 2),
        Step::Write(Sample::Solution, "a right try: waits until nobody is left"),
        Step::Call(&["check", "1"], 0),
        Step::Call(&["solution", "1"], 0),
        Step::Call(&["progress"], 0),
        Step::Call(&["reset", "1"], 0),
        Step::Call(&["start", "1"], 0),
    ];
    let work = tempfile::tempdir()?;
    let file = work.path().join(exercise.lesson.name.to_string()).join(exercise.file.name());
    let mut told = String::new();
    for step in steps {
        match step {
            Step::Call(args, status) => told += &call(work.path(), args, status)?,
            Step::Write(sample, what) => {
                std::fs::write(&file, exercise.sample(&sample))?;
                told += &format!("[{what}]\n\n");
            }
        }
    }
    let progress = progress(work.path())?;
    let expected = json!({
        "lesson": exercise.lesson.name.as_str(), "started": true, "points": 6, "of": 6,
        "passed": true, "hints": 3, "solution_seen": false,
    });
    if progress["points"] != 6 || progress["exercises"][0] != expected {
        return Err(format!("{progress:#}").into());
    }
    // The folder's name differs in every run.
    let told = told.replace(&format!("{}/", work.path().display()), "work/");
    compare("classroom-walk", &told)
}

/// The document of `progress --json`.
fn progress(work: &Path) -> Result<Value, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.arg("--work").arg(work).args(["progress", "--json"]).output()?;
    let document = serde_json::from_slice(&output.stdout)?;
    schemas::check("progress", &document)?;
    Ok(document)
}

fn call(work: &Path, args: &[&str], status: i32) -> Result<String, Failed> {
    let program: PathBuf = std::env::current_exe()?;
    let output =
        Command::new(program).arg("--work").arg(work).args(args).stdin(Stdio::null()).output()?;
    let told = format!(
        "$ cargo xtask {}\n{}{}\n",
        args.join(" "),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    if output.status.code() == Some(status) {
        Ok(told)
    } else {
        Err(format!("the exit status is {}, not {status}:\n{told}", output.status).into())
    }
}
