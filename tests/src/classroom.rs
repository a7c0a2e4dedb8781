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
    let solution = exercise.sample(&Sample::Solution);
    let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
    Ok(vec![
        Test::new("classroom::walk".to_owned(), move || {
            // Build this first, so that no call reports that it builds.
            lab.prepare(&machine, &exercise)?;
            full(&exercise)?;
            walk(&exercise)
        }),
        Test::new("classroom::ci-recipe".to_owned(), {
            let solution = solution.clone();
            move || ci_recipe(&solution)
        }),
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
                { "name": "reaps-all", "points": 3, "of": 3, "passed": true },
                { "name": "ends", "points": 2, "of": 2, "passed": true },
                { "name": "counts", "points": 1, "of": 1, "passed": true },
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
    for file in texts.iter().map(String::as_str).chain(["marks.xml", "marks.csv"]) {
        std::fs::metadata(results.join(file)).map_err(|e| format!("{file}: {e}"))?;
    }
    Ok(())
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
    grade(&["class", "--json", "whole.json", "--gradebook", "whole.csv"], 0)?;
    grade(&["class", "--shard", "1/2", "--json", "1.json"], 0)?;
    grade(&["class", "--shard", "2/2", "--json", "2.json"], 0)?;
    grade(&["--merge", "2.json", "1.json", "--json", "joined.json", "--gradebook", "j.csv"], 0)?;
    let read = |file: &str| std::fs::read_to_string(folder.path().join(file));
    schemas::check("grade", &serde_json::from_str(&read("1.json")?)?)?;
    for (joined, whole) in [("joined.json", "whole.json"), ("j.csv", "whole.csv")] {
        if read(joined)? != read(whole)? {
            return Err(
                format!("`{joined}` is\n{}\nand not\n{}", read(joined)?, read(whole)?).into()
            );
        }
    }
    let told = grade(&["--merge", "1.json"], 2)?;
    match told.contains("failed to merge `1.json`: part 2 of 2 is missing") {
        true => Ok(()),
        false => Err(told.into()),
    }
}

/// An archive as Moodle gives it, with students who named and packed their files as
/// they liked.
fn download(solution: &str) -> Result<(), Failed> {
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
    if found == (&0.into(), &8.0.into()) && marks["statistics"]["mean_percent"] == 56.0 {
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
    // The folder's name differs in every run.
    let told = told.replace(&format!("{}/", work.path().display()), "work/");
    compare("classroom-walk", &told)
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
