//! Bad checkpoints: one line reports them, another is made or the machine boots, and the
//! lesson's result is the usual one. And good checkpoints: each is like any other.

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use builder::progress::{Event, Progress};
use host::{QEMU, on_path};
use lab::bench::busily;
use lab::error::Error;
use lab::plan::{Options, Plan};
use lab::report;
use lab::run::{Lab, Machine};
use libtest_mimic::Failed;
use vm::checkpoint::STATE_FILE;
use vm::command::Accel;

use crate::Test;
use crate::cold::same;
use crate::pairs::cores;
use crate::scratch::Scratch;

/// The lesson to run.
const LESSON: &str = "lesson-1";

/// Damage to the file of a checkpoint.
struct Damage {
    name: &'static str,
    inflict: fn(&Path) -> std::io::Result<()>,
    /// The report about it. `{len}` stands for the file's real length.
    said: &'static str,
}

const DAMAGES: &[Damage] = &[
    Damage {
        name: "empty",
        inflict: |state| fs::write(state, ""),
        said: "`checkpoints` in the cache is damaged (`machine.state` has 0 bytes instead of \
               {len}): building it again",
    },
    Damage {
        name: "truncated",
        inflict: |state| fs::File::options().write(true).open(state)?.set_len(1_000_000),
        said: "`checkpoints` in the cache is damaged (`machine.state` has 1000000 bytes instead \
               of {len}): building it again",
    },
    Damage {
        name: "flipped",
        inflict: |state| {
            let file = fs::File::options().read(true).write(true).open(state)?;
            let mut byte = [0];
            file.read_exact_at(&mut byte, 5_000_000)?;
            file.write_all_at(&[!byte[0]], 5_000_000)
        },
        said: "`checkpoints` in the cache is damaged (`machine.state` was changed): building it \
               again",
    },
];

/// A program in QEMU's place.
struct OddQemu {
    script: &'static str,
    /// The beginning of the report about it.
    said: &'static str,
}

/// It cannot write a file as long as a saved machine.
const CANNOT_SAVE: OddQemu = OddQemu {
    script: "#!/bin/sh\ntrap '' XFSZ\nulimit -f 4096\nexec ‹qemu› \"$@\"\n",
    said: "booting: there is no checkpoint (the monitor failed: the migration failed: ",
};

/// A byte of the saved machine changes after the lab has looked at it.
const CHANGES_IN_USE: OddQemu = OddQemu {
    script: r#"#!/bin/sh
case "$*" in
*-incoming*) printf x | dd of="$(echo ‹checkpoints›/*/machine.state)" bs=1 seek=5000000 \
    conv=notrunc 2>/dev/null ;;
esac
exec ‹qemu› "$@"
"#,
    said: "booting: the checkpoint is unusable (the monitor failed: its file changed while it was \
           read)",
};

/// One test per kind of damage, one for an intact checkpoint that QEMU cannot read, one
/// for a QEMU that cannot save, one for a file that changes while it is read, and one that
/// compares good checkpoints.
pub fn all(lab: &Arc<Lab<'static>>, machine: &Arc<Machine>) -> Vec<Test> {
    type Check = fn(&Lab<'_>, &Machine) -> Result<(), Failed>;
    const CHECKS: &[(&str, Check)] = &[
        ("unreadable-is-said-and-booted", is_booted_instead),
        ("unsaved-is-said-and-booted", |lab, machine| is_booted_by(&CANNOT_SAVE, lab, machine)),
        ("changed-in-use-is-said-and-booted", |lab, machine| {
            is_booted_by(&CHANGES_IN_USE, lab, machine)
        }),
        ("one-is-like-another", |lab, _| alike(lab)),
    ];
    let damages = DAMAGES.iter().map(|damage| {
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        let name = format!("checkpoints::{}-is-made-again", damage.name);
        Test::new(name, move || is_made_again(&lab, &machine, damage))
    });
    let checks = CHECKS.iter().map(|&(name, check)| {
        let (lab, machine) = (Arc::clone(lab), Arc::clone(machine));
        Test::new(format!("checkpoints::{name}"), move || check(&lab, &machine))
    });
    damages.chain(checks).collect()
}

/// No matter when a checkpoint is made and how busy the host is, the kernel has counted
/// the same ticks, interrupts and context switches when a program starts.
fn alike(lab: &Lab<'_>) -> Result<(), Failed> {
    const CHECKPOINTS: usize = 4;
    let counted: Vec<_> = busily(cores(), || (0..CHECKPOINTS).map(|_| counted(lab)).collect());
    let counted = counted.into_iter().collect::<Result<Vec<_>, _>>()?;
    let different = counted.iter().skip(1).flat_map(|other| other.iter().zip(&counted[0]));
    let different: Vec<_> = different.filter(|(one, other)| one != other).collect();
    if different.is_empty() { Ok(()) } else { Err(format!("{different:#?}").into()) }
}

/// What the kernel has counted in a machine from a new checkpoint.
fn counted(lab: &Lab<'_>) -> Result<Vec<String>, Failed> {
    let scratch = Scratch::without_checkpoints(lab)?;
    let cat = ["exec", "--", "cat", "/proc/stat", "/proc/interrupts", "/proc/softirqs"];
    let output = scratch.call(lab, &cat)?.stdin(Stdio::null()).output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{}: {stderr}", output.status).into());
    }
    // Lines of /proc/stat end with the counts of hundreds of unused interrupts.
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().map(|line| line.trim_end_matches(" 0").to_owned()).collect())
}

fn is_made_again(lab: &Lab<'_>, machine: &Machine, damage: &Damage) -> Result<(), Failed> {
    let expected = show(lab, machine)?;
    let state = lab.checkpoint(machine, Accel::TCG)?;
    let said = damage.said.replace("{len}", &fs::metadata(&state)?.len().to_string());

    let (scratch, copy) = with_a_copy(lab, &state)?;
    (damage.inflict)(&copy)?;
    let notes = Notes::default();
    let found = show(&scratch.lab(lab, &notes)?, machine)?;
    equal(&notes.take(), &vec![said])?;
    equal(&found, &expected)?;
    // The new one is a good one.
    let found = show(&scratch.lab(lab, &notes)?, machine)?;
    equal(&notes.take(), &Vec::new())?;
    equal(&found, &expected)
}

/// The file matches its manifest, but QEMU finds its end too early.
fn is_booted_instead(lab: &Lab<'_>, machine: &Machine) -> Result<(), Failed> {
    let plan = plan(lab)?;
    let warm = lab.run(machine, &plan)?;
    let state = lab.checkpoint(machine, Accel::TCG)?;

    let (scratch, copy) = with_a_copy(lab, &state)?;
    let whole = fs::read(&copy)?;
    fs::remove_dir_all(copy.parent().ok_or("a state lies in a folder")?)?;
    let key = lab.checkpoint_key(machine, Accel::TCG)?;
    let half = &whole[..whole.len() / 2];
    scratch.cache.entry("checkpoints", &key, lab.progress, |folder| {
        let path = folder.join(STATE_FILE);
        fs::write(&path, half).map_err(Error::file("write", path))
    })?;

    let notes = Notes::default();
    let booted = scratch.lab(lab, &notes)?.run(machine, &plan)?;
    let notes = notes.take();
    let [note] = &notes[..] else { return Err(format!("one line, not {notes:#?}").into()) };
    let beginning = "booting: the checkpoint is unusable (";
    if !note.starts_with(beginning) || note.contains('\n') {
        return Err(format!("`{note}` is not one line that begins with `{beginning}`").into());
    }
    if warm.returned.booted || !booted.returned.booted {
        return Err("the run does not say how its machine came to life".into());
    }
    same(&plan, &warm, &booted)
}

/// A run with such a QEMU shows one more line and the same story.
fn is_booted_by(odd: &OddQemu, lab: &Lab<'_>, machine: &Machine) -> Result<(), Failed> {
    let scratch = Scratch::without_checkpoints(lab)?;
    let qemu = on_path(QEMU).ok_or("there is no QEMU")?;
    let script = scratch.folder().join(QEMU);
    let checkpoints = scratch.cache.root().join("checkpoints");
    let text = odd.script.replace("‹qemu›", &qemu.display().to_string());
    fs::write(&script, text.replace("‹checkpoints›", &checkpoints.display().to_string()))?;
    fs::set_permissions(script, Permissions::from_mode(0o755))?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(scratch.folder().to_owned()).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(path)?;

    let mut call = scratch.call(lab, &["run", LESSON, "--story"])?;
    let output = call.env("PATH", path).stdin(Stdio::null()).output()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let beginning = odd.said;
    if !output.status.success() || !stderr.starts_with(beginning) || stderr.lines().count() != 1 {
        return Err(format!("{}, and not one line `{beginning}…`:\n{stderr}", output.status).into());
    }
    let plan = plan(lab)?;
    let usual = report::story(&plan, &lab.run(machine, &plan)?);
    equal(&*String::from_utf8_lossy(&output.stdout), &*usual)
}

/// A scratch cache with a copy of the checkpoint, and the path of the copy.
fn with_a_copy(lab: &Lab<'_>, state: &Path) -> Result<(Scratch, PathBuf), Failed> {
    let scratch = Scratch::without_checkpoints(lab)?;
    let entry = state.parent().ok_or("a state lies in a folder")?;
    let key = entry.file_name().ok_or("an entry has a name")?;
    let copy = scratch.cache.root().join("checkpoints").join(key);
    fs::create_dir_all(&copy)?;
    for file in fs::read_dir(entry)? {
        let file = file?;
        fs::copy(file.path(), copy.join(file.file_name()))?;
    }
    Ok((scratch, copy.join(STATE_FILE)))
}

fn plan(lab: &Lab<'_>) -> Result<Plan, Failed> {
    Ok(Plan::new(lab.course.find(LESSON)?, Options::default()))
}

/// Everything that a person sees of a run, including times.
fn show(lab: &Lab<'_>, machine: &Machine) -> Result<String, Failed> {
    let plan = plan(lab)?;
    Ok(report::text(&plan, &lab.run(machine, &plan)?))
}

fn equal<T: PartialEq + std::fmt::Debug + ?Sized>(found: &T, expected: &T) -> Result<(), Failed> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("found {found:#?}\nbut expected {expected:#?}").into())
    }
}

/// Records all notes.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Notes {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("nobody panicked"))
    }
}

impl Progress for Notes {
    fn event(&self, event: Event<'_>) {
        if let Event::Note(text) = event {
            self.0.lock().expect("nobody panicked").push(text.to_owned());
        }
    }
}
