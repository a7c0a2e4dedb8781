//! The recipes for many machines: what they did in parts and `--merge` joined is what one
//! machine gives, byte for byte, and a part that was lost is done again by itself.

mod slurm;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use builder::cache::SHARED_VARIABLE;
use lab::error::Error;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample};
use lab::run::{Lab, Machine};
use libtest_mimic::{Completion, Failed};
use tempfile::TempDir;

use crate::{Test, schemas};
use slurm::Cluster;

/// How many parts there are.
const PARTS: &str = "4";

pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Result<Vec<Test>, Error> {
    let exercise = Arc::new(Exercise::read(&lab.course.find("sigchld")?, Seed(SEED))?);
    let test = |name: &str, run: fn(&Work) -> Result<Completion, Failed>| {
        let (lab, machine, exercise) =
            (Arc::clone(lab), Arc::clone(machine), Arc::clone(&exercise));
        Test::that_may_be_skipped(format!("recipes::{name}"), move || {
            // Build this once, and not in each part.
            lab.prepare(&machine, &exercise)?;
            run(&Work::new(&exercise, lab.cache.root())?)
        })
    };
    Ok(vec![
        test("slurm", slurm),
        test("parallel", |work| {
            parallel(work)?;
            Ok(Completion::Completed)
        })
        .needs("parallel"),
        Test::new("recipes::a-part-that-fails".to_owned(), fails),
    ])
}

/// The seed of the marks.
const SEED: u64 = 7;

/// A class and a suite. Some of both fail.
struct Work {
    folder: TempDir,
    /// The cache that the parts share, and do not write to.
    shared: PathBuf,
    /// The commands for them, without the lab's program.
    grade: Vec<String>,
    suite: Vec<String>,
}

impl Work {
    fn new(exercise: &Exercise, shared: &Path) -> Result<Work, Failed> {
        let folder = tempfile::tempdir()?;
        let mutants = exercise.mutants.iter().map(|mutant| Sample::Mutant(mutant.name.clone()));
        let samples = [Sample::Solution, Sample::Stub].into_iter().chain(mutants).cycle();
        let (class, list) = (folder.path().join("a class"), folder.path().join("list"));
        for (student, sample) in ["ann", "bob", "cat", "dan", "eve"].into_iter().zip(samples) {
            let handed = class.join(student).join(exercise.lesson.name.as_str());
            std::fs::create_dir_all(&handed)?;
            std::fs::write(handed.join(exercise.file.name()), exercise.sample(&sample))?;
        }
        let lines = "1 /bin/true\n2 /bin/false\n3 /bin/echo unseen\n4 /bin/ls /none\n\
                     5 /bin/true\n6 /bin/cat /none\n";
        std::fs::write(&list, lines)?;
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let (class, list) = (class.to_string_lossy(), list.to_string_lossy());
        let grade = words(&["grade", &class, "--seed", &SEED.to_string()]);
        Ok(Work { grade, suite: words(&["suite", &list]), shared: shared.to_owned(), folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Compares what many machines give with what one does. `many` does all parts of a
    /// command or one of them, and returns the exit status.
    fn is_that_of_one_machine(
        &self,
        many: impl Fn(&[String], Option<&str>) -> Result<i32, Failed>,
    ) -> Result<(), Failed> {
        let lost = "3";
        for (command, status, forms) in [
            (&self.grade, 0, &["json", "csv", "junit", "gradebook"][..]),
            (&self.suite, 1, &["json", "ktap", "junit"][..]),
        ] {
            let name = &command[0];
            let joined = self.written(&format!("{name}-many"), forms);
            let whole = self.written(&format!("{name}-one"), forms);
            let one = called(command, &whole)?;
            is(&one, status)?;
            let found = many(command, None)?;
            if found != status {
                return Err(format!("{name} in parts ends with {found}, not {status}").into());
            }
            let merge = |parts: &[&str]| {
                let mut words = vec![name.clone(), "--merge".to_owned()];
                let part = |part: &&str| format!("{}/{part}.json", self.results(name).display());
                words.extend(parts.iter().map(part));
                called(&words, &joined)
            };
            let is_same = |merged: Output| -> Result<(), Failed> {
                is(&merged, status)?;
                for (many, one) in joined.iter().zip(&whole).map(|(many, one)| (&many.1, &one.1)) {
                    let (found, expected) =
                        (std::fs::read_to_string(many)?, std::fs::read_to_string(one)?);
                    if found != expected {
                        return Err(format!("{found}--- and not\n{expected}").into());
                    }
                }
                if name == "suite" && merged.stdout != one.stdout {
                    return Err("the merged suite is told in another way".into());
                }
                Ok(())
            };
            // The order of the files does not matter.
            is_same(merge(&["4", "1", "3", "2"])?)?;
            schemas::check(name, &serde_json::from_slice(&std::fs::read(&joined[0].1)?)?)?;
            // A part is lost, and done again by itself.
            let hole = merge(&["1", "2", "4"])?;
            let told = "error: failed to merge: part 3/4 is missing\n\
                        hint: do what is missing on any machine: `--shard 3/4`\n";
            if hole.status.success() || String::from_utf8_lossy(&hole.stderr) != told {
                return Err(told_by(&hole).into());
            }
            std::fs::remove_file(self.results(name).join("3.json"))?;
            many(command, Some(lost))?;
            is_same(merge(&["1", "2", "3", "4"])?)?;
        }
        Ok(())
    }

    /// Options for files, with the files.
    fn written(&self, name: &str, forms: &[&str]) -> Vec<(String, PathBuf)> {
        let file = |form: &&str| (format!("--{form}"), self.path(&format!("{name}.{form}")));
        forms.iter().map(file).collect()
    }

    /// The folder for the parts of a command.
    fn results(&self, name: &str) -> PathBuf {
        self.path("results").join(name)
    }

    /// A recipe's arguments for a command.
    fn parts(&self, command: &[String]) -> Vec<String> {
        let results = self.results(&command[0]).to_string_lossy().into_owned();
        [PARTS.to_owned(), results].into_iter().chain(command.iter().cloned()).collect()
    }
}

/// Calls the lab, and has it write files.
fn called(words: &[String], files: &[(String, PathBuf)]) -> Result<Output, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(words).stdin(Stdio::null());
    for (option, file) in files {
        command.arg(option).arg(file);
    }
    Ok(command.output()?)
}

fn is(output: &Output, status: i32) -> Result<(), Failed> {
    match output.status.code() == Some(status) {
        true => Ok(()),
        false => Err(format!("not {status}: {}", told_by(output)).into()),
    }
}

fn told_by(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}--- stderr\n{}", output.status, text(&output.stdout), text(&output.stderr))
}

fn recipe(name: &str) -> PathBuf {
    builder::root().join("docs/recipes").join(name)
}

fn slurm(work: &Work) -> Result<Completion, Failed> {
    if let Some(missing) = Cluster::lacks() {
        return Ok(Completion::ignored_with(format!("the host has no {missing}")));
    }
    let cluster = Cluster::start()?;
    work.is_that_of_one_machine(|command, part| {
        let array = part.map_or(format!("1-{PARTS}"), str::to_owned);
        cluster.run(&array, &recipe("slurm.sh"), &work.parts(command), &work.shared)
    })?;
    Ok(Completion::Completed)
}

fn parallel(work: &Work) -> Result<(), Failed> {
    work.is_that_of_one_machine(|command, part| {
        let mut recipe = Command::new(recipe("parallel.sh"));
        recipe.args(work.parts(command)).current_dir(builder::root()).stdin(Stdio::null());
        recipe.env(SHARED_VARIABLE, &work.shared);
        if let Some(part) = part {
            recipe.env("PARTS", part);
        }
        let output = recipe.output()?;
        // It ends with the number of parts that failed: those with the programs 2, 4 and 6.
        match (output.status.code(), &*command[0], part) {
            (Some(0), "grade", _) => Ok(0),
            (Some(2), "suite", None) | (Some(0), "suite", Some("3")) => Ok(1),
            _ => Err(told_by(&output).into()),
        }
    })
}

/// A part that fails leaves neither old results nor its own cache.
fn fails() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (results, own) = (folder.path().join("results"), folder.path().join("own"));
    for folder in [&results, &own] {
        std::fs::create_dir(folder)?;
    }
    let marks = |part: &str| results.join(part);
    for part in ["1.json", "2.json"] {
        std::fs::write(marks(part), "old")?;
    }
    let output = Command::new(recipe("part.sh"))
        .args(["1", "2"])
        .arg(&results)
        .args(["grade", "/none", "--seed", "7"])
        .current_dir(builder::root())
        .env("TMPDIR", &own)
        .env(SHARED_VARIABLE, folder.path())
        .stdin(Stdio::null())
        .output()?;
    let is_left = std::fs::read_dir(&own)?.next().is_some();
    let told = String::from_utf8_lossy(&output.stderr).contains("/none");
    match told && !output.status.success() && !is_left && others_stay(&results)? {
        true => Ok(()),
        false => Err(told_by(&output).into()),
    }
}

/// Whether only the second part is there.
fn others_stay(results: &Path) -> Result<bool, Failed> {
    let names = std::fs::read_dir(results)?.map(|file| Ok(file?.file_name()));
    let names = names.collect::<Result<Vec<_>, std::io::Error>>()?;
    Ok(names == ["2.json"])
}
