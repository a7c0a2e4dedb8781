//! An author's mistakes that only the machine's kernel can see: the run names each, or what
//! is built for it does so before it begins.

use std::path::Path;
use std::sync::Arc;

use lab::course::Course;
use lab::exercise::values::Seed;
use lab::exercise::{Exercise, Sample};
use lab::plan::{Options, Plan};
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use story::lesson::Lesson;

use crate::Test;
use crate::command_line::course;

/// What is added to a lesson, and how its run is told.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "an-unknown-event",
        "event = \"sched/sched_proces_exit\"",
        "the program was not started: the kernel has no trace event `sched/sched_proces_exit`",
    ),
    (
        "a-bad-filter",
        "event = \"sched/sched_wakeup\"\nfilter = \"pdi == 3\"",
        "the program was not started: the kernel refuses the filter of `sched/sched_wakeup`\n\
         (pdi == 3) && pid != 1\n     ^\nparse_error: Field not found",
    ),
];

/// Functions that no stack has, and what is said of them.
const FUNCTIONS: &[(&str, &str, &str)] = &[
    (
        "inlined",
        "delayed_free_task",
        "is inlined: kernel/fork.c defines it, and the compiler has put it into its callers",
    ),
    (
        "inlined-in-a-module",
        "lab_edu_setup",
        "is inlined: kmods/include/lab_edu.h defines it, and the compiler has put it into its \
         callers",
    ),
    (
        "of-a-modules-init",
        "lab_kill_pid_init",
        "is in .init.text of lab_kill_pid.ko, and stacks name only what is in .text",
    ),
    ("that-is-a-macro", "wake_up", "is a macro, in include/linux/wait.h"),
    (
        "left-out",
        "push_cpu_stop",
        "is not in this kernel: its configuration leaves it out (kernel/sched/core.c, `#ifdef \
         CONFIG_SMP`)",
    ),
    (
        "not-built",
        "ext4_sync_file",
        "is not in this kernel: fs/ext4/fsync.c, which defines it, is no part of it",
    ),
    (
        "by-another-name",
        "__do_sys_getpid",
        "is known by another name: stacks have `__x64_sys_getpid`, which is at the same address",
    ),
    (
        "that-does-not-exist",
        "kill_pdi",
        "does not exist: neither the kernel nor a module of the lesson defines it",
    ),
];

/// One test per mistake.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Vec<Test> {
    let test = |(name, trace, told): &'static (&str, &str, &str)| {
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        Test::new(format!("mistaken::{name}"), move || check(&lab, &machine, trace, told))
    };
    let mut tests: Vec<Test> = MISTAKES.iter().map(test).collect();
    let on_its_own = |name: &str, check: fn(&Lab<'_>, &Machine) -> Result<(), Failed>| {
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        Test::new(format!("mistaken::{name}"), move || check(&lab, &machine))
    };
    tests.push(on_its_own("an-unknown-mark", unknown_mark));
    tests.push(on_its_own("a-function-of-the-solution", of_the_solution));
    for (what, function, told) in FUNCTIONS {
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        tests.push(Test::new(format!("mistaken::a-function-{what}"), move || {
            names_function(&lab, &machine, function, told)
        }));
    }
    tests
}

/// A lesson of the miniature course, with a module, whose last fact names this function.
fn names_function(
    lab: &Lab<'_>,
    machine: &Machine,
    function: &str,
    told: &str,
) -> Result<(), Failed> {
    let miniature = Course::open(&course())?;
    let lesson = miniature.find("interrupted")?;
    let fact = "fact = \"f\"\nevent = \"signal_generate\"";
    let stack = format!("stack = [\"kill_pid\", \"{function}\"]");
    let text = format!("{}\n[[expect]]\n{fact}\n{stack}\n", lesson.text);
    let lesson = Lesson::parse(&lesson.folder, &text)?;
    let path = lesson.folder.join(story::lesson::FILE);
    let (cache, kernel) = (lab.cache.clone(), lab.kernel.clone());
    let lab = Lab { course: miniature, cache, kernel, progress: lab.progress };
    let Err(error) = lab.run(machine, &Plan::new(lesson, Options::default())) else {
        return Err("it ran".into());
    };
    let line = text.lines().count();
    let expected = format!(
        "`{}` names a function that no stack has, at line {line}, column 22\n   |\n{line} | \
         {stack}\n   | {:21}{}\n`{function}` {told}",
        path.display(),
        "",
        "^".repeat(function.len() + 2),
    );
    match error.to_string() == expected {
        true => Ok(()),
        false => Err(format!("{error}\nis not\n{expected}").into()),
    }
}

/// A student's module need not have the solution's functions. But the solution must have
/// those that the facts name.
fn of_the_solution(lab: &Lab<'_>, machine: &Machine) -> Result<(), Failed> {
    let exercise = Exercise::read(&lab.course.find("kill-pid")?, Seed::default())?;
    let naming = |function: &str| {
        let mut texts = exercise.texts.clone();
        let text = texts.get_mut("exercise.toml").ok_or("it has no declaration")?;
        for (from, added) in [
            ("filter = \"sig == {signal}\"\n", "stack = true\n".to_owned()),
            ("task = \"marker\"\n", format!("stack = [\"kill_pid\", \"{function}\"]\n")),
        ] {
            let with = text.replacen(from, &format!("{from}{added}"), 1);
            if with == *text {
                return Err(Failed::from(format!("it has no {from:?}")));
            }
            *text = with;
        }
        Ok(Exercise::of_texts(&exercise.lesson, Seed::default(), &texts)?)
    };
    let attempt = |exercise: &Exercise, sample| {
        let text = exercise.sample(&sample);
        lab.attempt(machine, exercise, Path::new(exercise.file.name()), &text)
    };
    let inlined = naming("lab_register_ioctl")?;
    attempt(&inlined, Sample::Stub)?;
    for (exercise, sample, told) in [
        (
            &inlined,
            Sample::Solution,
            "`lab_register_ioctl` is inlined: the solution, exercise/frame.c, defines it",
        ),
        (&naming("lab_kill_pid_irs")?, Sample::Stub, "`lab_kill_pid_irs` does not exist"),
    ] {
        match attempt(exercise, sample) {
            Err(error) if error.to_string().contains(told) => {}
            Err(error) => return Err(error.to_string().into()),
            Ok(_) => return Err(format!("it ran, but {told}").into()),
        }
    }
    Ok(())
}

fn unknown_mark(lab: &Lab<'_>, machine: &Machine) -> Result<(), Failed> {
    let lesson = lab.course.read(&lab.course.names[0])?;
    let fact = "fact = \"f\"\nevent = \"mark\"\nafter = \"1. foks\"";
    let text = format!("{}\n[[expect]]\n{fact}\n", lesson.text);
    let lesson = Lesson::parse(&lesson.folder, &text)?;
    let run = lab.run(machine, &Plan::new(lesson, Options::default()))?;
    let detail = run.verdict.to_json()[run.verdict.expectations.len() - 1]["detail"].to_string();
    match detail.contains("no mark begins with `1. foks`; there are `1. ") {
        true => Ok(()),
        false => Err(detail.into()),
    }
}

fn check(lab: &Lab<'_>, machine: &Machine, trace: &str, told: &str) -> Result<(), Failed> {
    let lesson = lab.course.read(&lab.course.names[0])?;
    let text = format!("{}\n[[trace]]\n{trace}\n", lesson.text);
    let lesson = Lesson::parse(&lesson.folder, &text)?;
    let run = lab.run(machine, &Plan::new(lesson, Options::default()))?;
    let failure = run.verdict.program_failure().unwrap_or_default();
    match failure.trim_end() == told {
        true => Ok(()),
        false => Err(failure.into()),
    }
}
