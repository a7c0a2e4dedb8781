//! Carries out a plan.

use std::borrow::Cow;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use builder::cache::{Cache, Key, KeyBuilder};
use builder::guest::payload::{Payload, PayloadFile};
use builder::guest::{initramfs, kmods, programs};
use builder::host::toolchain::none;
use builder::host::version_line;
use builder::kernel::{self, Kernel, Kind};
use builder::pack::{self, Pack};
use builder::progress::Progress;
use fs_err as fs;
use host::QEMU;
use protocol::{HALT_FILE, IDLE_FILE, Job};
use story::findings;
use story::timeline::Timeline;
use story::verdict::Verdict;
use trace::Symbols;
use trace::record::Record;
use vm::checkpoint::STATE_FILE;
use vm::command::{Accel, Start};
use vm::room::Room;
use vm::{Parts, VmError};

use crate::absent::{self, Declaring, Known};
use crate::checkpoint;
use crate::course::Course;
use crate::error::Error;
use crate::firmware::firmware;
use crate::plan::{Options, Plan};
use crate::returned::{self, Returned, elves};

/// The file in the initramfs's cache entry.
const INITRAMFS_FILE: &str = "initramfs.cpio";

/// What all runs of lessons share.
pub struct Lab<'a> {
    pub course: Course,
    pub cache: Cache,
    pub kernel: kernel::Options,
    pub progress: &'a dyn Progress,
}

/// The machine with all its parts built, from which every lesson starts.
#[derive(Debug, Clone)]
pub struct Machine {
    pub kernel: Kernel,
    pub kind: Kind,
    /// The modules that it has itself: what an idle or halted processor does.
    pub modules: Vec<PayloadFile>,
    /// The initramfs file.
    pub initramfs: PathBuf,
    pub initramfs_key: Key,
    /// How large it is.
    pub room: Room,
    /// The functions of the kernel.
    pub symbols: Symbols,
}

/// What a run left, before it is judged.
#[derive(Debug)]
pub struct Observed {
    pub returned: Returned,
    pub record: Record,
    pub timeline: Timeline,
    /// See [`Run::leaks`].
    pub leaks: Option<String>,
}

/// The result of a lesson's run.
#[derive(Debug)]
pub struct Run {
    pub returned: Returned,
    pub record: Record,
    pub timeline: Timeline,
    pub verdict: Verdict,
    /// What the kernel's leak detector found; see [`Record::leaks`]. Addresses in modules
    /// are replaced by function names.
    pub leaks: Option<String>,
}

impl Lab<'_> {
    /// Builds what every lesson needs, or takes it from the cache.
    pub fn machine(&self) -> Result<Machine, Error> {
        self.machine_with(&self.kernel)
    }

    /// The same with another kernel.
    pub(crate) fn machine_with(&self, options: &kernel::Options) -> Result<Machine, Error> {
        let fragments = options.fragments();
        let kernel = kernel::build(&self.cache, options, &fragments, self.progress)?;
        let init = programs::build(
            &builder::root(),
            &builder::root().join("guest-programs/init"),
            &self.cache,
            self.progress,
        )?;
        let modules = vec![
            self.image_module("idle", IDLE_FILE, &kernel)?,
            self.image_module("halt", HALT_FILE, &kernel)?,
        ];
        let read_all = modules.iter().map(|file| Ok((file.guest.as_str(), read(&file.host)?)));
        let packed = read_all.collect::<Result<Vec<_>, Error>>()?;
        let key = Key::builder("initramfs").text("init", &init.key.to_string());
        let initramfs_key =
            packed.iter().fold(key, |key, (name, module)| key.bytes(name, module)).finish();
        let folder = self.cache.entry("initramfs", &initramfs_key, self.progress, |folder| {
            let archive = initramfs::pack(&read(&init.folder.join("init"))?, &packed)?;
            Ok::<(), Error>(fs::write(folder.join(INITRAMFS_FILE), archive)?)
        })?;
        let system_map = read(&kernel.system_map)?;
        let symbols = Symbols::parse(&String::from_utf8_lossy(&system_map))?;
        let (kind, initramfs) = (options.kind, folder.join(INITRAMFS_FILE));
        let room = Room::small(kind.memory_mib());
        Ok(Machine { kernel, kind, modules, initramfs, initramfs_key, room, symbols })
    }

    /// Builds what the lessons need besides the machine: programs, modules, and the
    /// machine's checkpoint.
    pub fn prepare_lessons(&self, machine: &Machine) -> Result<(), Error> {
        for name in &self.course.names {
            let plan = Plan::new(self.course.read(name)?, Options::default());
            self.programs(&plan)?;
            self.modules(machine, &plan.experiment.kmods)?;
        }
        self.saved(machine, Accel::TCG)?;
        Ok(())
    }

    /// One of the machine's own modules, from its folder below `images/`.
    fn image_module(
        &self,
        folder: &str,
        name: &str,
        kernel: &Kernel,
    ) -> Result<PayloadFile, Error> {
        let folder = builder::root().join("images").join(folder);
        let files = kmods::build_folder(&folder, kernel, &self.cache, self.progress)?;
        let [host] = <[PathBuf; 1]>::try_from(files).expect("such a folder is one module");
        Ok(PayloadFile { guest: name.to_owned().into(), host })
    }

    /// The checkpoint of a machine. Makes one if there is none.
    pub fn checkpoint(&self, machine: &Machine, accel: Accel) -> Result<PathBuf, Error> {
        let parts = machine.parts(accel);
        let key = self.checkpoint_key(machine, accel)?;
        let folder = self.cache.entry("checkpoints", &key, self.progress, |folder| {
            if let Some(pack) = pack::here() {
                self.progress
                    .note(&format!("saving the machine: {}", not_packed(pack, &self.cache)));
            }
            let _stage = self.progress.begin("checkpoint", None);
            vm::checkpoint::save(parts, folder).map_err(Error::from)
        })?;
        Ok(folder.join(STATE_FILE))
    }

    /// The checkpoint. If this QEMU cannot save the machine, reports that and returns
    /// `None`.
    pub fn saved(&self, machine: &Machine, accel: Accel) -> Result<Option<PathBuf>, Error> {
        match self.checkpoint(machine, accel) {
            Err(error) => match error.downcast_ref() {
                Some(VmError::Save { message }) => {
                    self.progress.note(&format!("booting: there is no checkpoint ({message})"));
                    Ok(None)
                }
                _ => Err(error),
            },
            Ok(checkpoint) => Ok(Some(checkpoint)),
        }
    }

    /// The checkpoint's key in the cache, under `checkpoints`.
    pub fn checkpoint_key(&self, machine: &Machine, accel: Accel) -> Result<Key, Error> {
        let add = |key: KeyBuilder, (name, hash): (_, String)| key.text(name, &hash);
        let firmware = firmware(&self.cache)?.into_iter().fold(Key::builder("firmware"), add);
        let (kernel, initramfs) = (&machine.kernel.key, &machine.initramfs_key);
        let qemu = checkpoint::qemu(&self.cache)?;
        Ok(checkpoint::key(&qemu, machine.parts(accel), kernel, initramfs, &firmware.finish()))
    }

    /// Runs a lesson as its plan says.
    pub fn run(&self, machine: &Machine, plan: &Plan) -> Result<Run, Error> {
        self.run_with(machine, plan, None)
    }

    /// Runs a lesson with a student's module in place of its own.
    pub fn run_with(
        &self,
        machine: &Machine,
        plan: &Plan,
        mine: Option<&PayloadFile>,
    ) -> Result<Run, Error> {
        let programs = self.programs(plan)?;
        let own = self.modules(machine, &plan.experiment.kmods)?;
        if plan.options.trace {
            let declaring = [Declaring::of_lesson(&plan.lesson)];
            let sources = || absent::sources(&self.course.root, &plan.experiment.kmods);
            absent::refuse(machine.known(self.progress), &declaring, &own, sources)?;
        }
        let modules = replaced(own, mine);
        Ok(Run::judge(plan, self.observe(machine, plan, &programs, &modules)?))
    }

    /// Builds the programs of a plan's lesson, or takes them from the cache.
    pub fn programs(&self, plan: &Plan) -> Result<Vec<PayloadFile>, Error> {
        let (root, lesson, level) = (&self.course.root, &plan.lesson, plan.options.programs);
        let built = programs::build_at(level, root, &lesson.folder, &self.cache, self.progress)?;
        let names = programs::programs_of(root, &lesson.name.to_string());
        let file = |name: String| {
            let host = built.folder.join(&name);
            PayloadFile { guest: name.into(), host }
        };
        Ok(names.into_iter().map(file).collect())
    }

    /// Builds modules of `kmods/`, or takes them from the cache.
    pub fn modules(&self, machine: &Machine, kmods: &[String]) -> Result<Vec<PayloadFile>, Error> {
        let (root, kernel) = (&self.course.root, &machine.kernel);
        kmods
            .iter()
            .map(|kmod| {
                let host = kmods::build(root, kmod, kernel, &self.cache, self.progress)?;
                Ok(PayloadFile { guest: kmods::module_file(kmod), host })
            })
            .collect()
    }

    /// Runs a plan's job in a machine and reads its record, without judging it.
    ///
    /// The payload consists of `programs` and `modules`.
    pub fn observe(
        &self,
        machine: &Machine,
        plan: &Plan,
        programs: &[PayloadFile],
        modules: &[PayloadFile],
    ) -> Result<Observed, Error> {
        let mut job = plan.job.clone();
        job.nonce = nonce()?;
        let mut payload = Payload::new(&job)?;
        for file in programs.iter().chain(modules) {
            payload.add_file(file)?;
        }
        let payload = payload.finish()?;
        let (parts, limit) = (machine.parts(plan.options.accel), wall_limit(&job, machine.kind));
        let state = match plan.start() {
            Start::Restore => self.saved(machine, plan.options.accel)?,
            Start::Cold | Start::Save => None,
        };
        let (finished, booted) = self.start(state.as_deref(), |state| {
            vm::run(parts, &plan.devices(), &payload, state, limit)
        })?;
        let vm::Finished { record, log, registers, elapsed, .. } = finished;
        let modules = elves(modules)?;
        let returned = Returned { job, modules, record, log, registers, booted, elapsed };
        Observed::read(plan, &machine.symbols, returned)
    }

    /// Runs a machine from its checkpoint. Boots it if there is no checkpoint or it
    /// cannot be restored. `run` is given the checkpoint. Returns whether the machine
    /// booted.
    pub(crate) fn start(
        &self,
        state: Option<&Path>,
        run: impl Fn(Option<&Path>) -> Result<vm::Finished, VmError>,
    ) -> Result<(vm::Finished, bool), Error> {
        let Some(state) = state else { return Ok((run(None)?, true)) };
        match run(Some(state)) {
            Err(VmError::Restore { message }) => {
                self.progress.note(&format!("booting: the checkpoint is unusable ({message})"));
                Ok((run(None)?, true))
            }
            result => Ok((result?, false)),
        }
    }
}

/// Why a checkpoint is not in a pack.
fn not_packed(pack: &Pack, cache: &Cache) -> String {
    let here = version_line(cache, QEMU).unwrap_or_else(none);
    match here == pack.qemu {
        true => format!("the pack has none for this machine and this build of {here}"),
        false => format!("the pack's was saved by {}, and this is {here}", pack.qemu),
    }
}

/// The files with one of a student's in place of the file of that name.
pub(crate) fn replaced(
    mut files: Vec<PayloadFile>,
    mine: Option<&PayloadFile>,
) -> Vec<PayloadFile> {
    for file in &mut files {
        if let Some(mine) = mine.filter(|mine| mine.guest == file.guest) {
            file.clone_from(mine);
        }
    }
    files
}

impl Machine {
    pub(crate) fn parts(&self, accel: Accel) -> Parts<'_> {
        let Machine { room, kernel, initramfs, .. } = self;
        Parts { accel, room: *room, kernel: &kernel.image, initramfs }
    }

    /// The same machine, with this room.
    pub(crate) fn with(&self, room: Room) -> Cow<'_, Machine> {
        match room == self.room {
            true => Cow::Borrowed(self),
            false => Cow::Owned(Machine { room, ..self.clone() }),
        }
    }

    pub(crate) fn known<'a>(&'a self, progress: &'a dyn Progress) -> Known<'a> {
        Known { kernel: &self.kernel, symbols: &self.symbols, progress }
    }

    /// The functions of the kernel.
    pub(crate) fn symbols(&self) -> &Symbols {
        &self.symbols
    }
}

impl Observed {
    /// Reads what a machine left that carried out a plan. `kernel` has the functions of
    /// its kernel.
    pub fn read(plan: &Plan, kernel: &Symbols, returned: Returned) -> Result<Observed, Error> {
        let modules = &returned.modules;
        let record = Record::parse(&returned.record, &returned.job)?;
        let mut timeline = returned::timeline(kernel, modules, &record)?;
        let leaks = match &record.leaks {
            None => None,
            Some(text) => {
                let mut text = text.clone();
                // A module may be gone by the end, and another may be in its place.
                for loaded in timeline.loaded_modules().iter().rev() {
                    let symbols = returned::with_modules(&Symbols::default(), modules, [loaded])?;
                    text = findings::name_functions(&text, &symbols);
                }
                let symbols = returned::with_modules(kernel, modules, &record.modules)?;
                Some(findings::name_functions(&text, &symbols))
            }
        };
        for event in plan.unasked() {
            timeline = timeline.without(&event);
        }
        Ok(Observed { returned, record, timeline, leaks })
    }
}

impl Run {
    /// Compares a run with what its lesson expects.
    pub fn judge(plan: &Plan, observed: Observed) -> Run {
        // Without a trace, only the program's own checks count.
        let expect = if plan.options.trace { plan.lesson.expect.as_slice() } else { &[] };
        let Observed { returned, record, timeline, leaks } = observed;
        let verdict = Verdict::new(expect, &timeline, &record.outcome.ended);
        Run { returned, record, timeline, verdict, leaks }
    }
}

/// The limit for a run on the host's clock. The guest's own time-out ends a program that
/// hangs. This one ends a machine that hangs, and allows for a slow and busy host.
pub(crate) fn wall_limit(job: &Job, kind: Kind) -> Duration {
    reserve(kind) + 2 * Duration::from_millis(job.timeout_ms)
}

/// What a machine may need besides the program's time, on the host's clock.
pub(crate) fn reserve(kind: Kind) -> Duration {
    Duration::from_secs(20) * kind.patience()
}

/// 128 random bits in hexadecimal. The length is fixed, so that every run does the same
/// work on it.
pub(crate) fn nonce() -> Result<String, Error> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    Ok(fs::read(path)?)
}
