//! Running by hand: any program in the lab's machine, connected to the person's standard
//! streams or terminal.
//!
//! ```text
//! Request → Job + Cargo → Vm, joined by relay → Record → how it ended
//! ```
//!
//! Machine, checkpoint, payload and record are the same as for lessons. The differences:
//! streams leave the machine while the program runs (`relay`), the program is one of the
//! host's and comes with everything that it needs (`cargo`), and there is no verdict.

mod cargo;
mod elf;
pub mod events;
mod executable;
mod folder;
mod interpreters;
mod kernel_events;
mod linker;
pub mod outcome;
mod output;
mod params;
pub mod plan;
mod relay;
pub mod remains;
pub mod report;
pub mod request;
mod room;
pub mod shell;
mod stopwatch;
mod terminal;

use std::cell::OnceCell;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use builder::guest::kmod_folder::{self, Failed};
use builder::guest::payload::{Payload, PayloadFile};
use explain::{marked, visible};
use protocol::session::{ROOT_FOLDER, Session, Streams};
use protocol::{Job, Marks, Module, OUTCOME_FILE, WAKES_US};
use story::timeline::{Timeline, WithArguments};
use trace::Symbols;
use trace::record::{self, Record, RecordError};
use vm::VmError;
use vm::command::{Accel, Clock, Device, RECORD_BYTES};

use crate::error::Error;
use crate::returned::{self, Returned, elves};
use crate::run::{Lab, Machine, nonce, reserve, wall_limit};
use crate::whole;

pub use cargo::Cargo;
pub use executable::{ExecutableError, Guest, needs};
pub use outcome::Status;
pub use output::Output;
use relay::RelayError;
pub use relay::has_input;
use remains::{CutOff, Fallen};
use request::{Carry, Fetch, KmodSource};
pub use request::{Kmod, Request};

/// Size of the trace's ring buffer, KiB. It has room for some forty thousand events.
/// Without events it takes almost no memory.
const TRACE_BUFFER_KIB: u32 = 4096;
const NO_TRACE_BUFFER_KIB: u32 = 64;

/// The time-out of a program without one: longer than any machine runs.
const ENDLESS: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// The key that leaves the machine at any time: Ctrl-], as in telnet(1) and virsh(1).
pub const LEAVE: u8 = 0x1d;

/// How the program is connected to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// Its output goes to this process's streams. Its input is `/dev/null`, so every run
    /// is the same.
    Output,
    /// Its output is only kept. Its input is `/dev/null`.
    Nothing,
    /// Its input is this process's as well.
    InputAndOutput,
    /// It has a terminal, which this process's terminal shows.
    Terminal,
}

/// The result of a run.
#[derive(Debug)]
pub struct Executed {
    pub status: Status,
    /// The recorded events, if any were requested.
    pub timeline: Option<Timeline>,
    /// The recorded events of a machine that was halted.
    pub cut_off: Option<Result<CutOff, Error>>,
    pub ran: Ran,
}

/// What a program's machine left.
#[derive(Debug, Clone)]
pub struct Ran {
    pub returned: Returned,
    pub output: Output,
    /// Whether the person left the machine before it ended.
    pub left: bool,
    /// The pages of the machine's memory that held the trace, if the machine may not have
    /// sent it.
    pub memory: Option<Vec<u8>>,
}

impl Executed {
    /// Reads what a machine left. Returns the record too, if there is one. `kernel` has
    /// the functions of its kernel.
    pub fn read(kernel: &Symbols, ran: Ran) -> Result<(Executed, Option<Record>), Error> {
        let Returned { job, modules, record, .. } = &ran.returned;
        let ended =
            |status, cut_off, ran| (Executed { status, timeline: None, cut_off, ran }, None);
        let record = match Record::parse(record, job) {
            Err(_) if ran.left => return Ok(ended(Status::Left, None, ran)),
            // Only PID 1 ends the machine, when the record is complete. So without an
            // outcome the program ended it.
            Err(RecordError::Missing(OUTCOME_FILE)) => {
                let cut_off = ran.cut_off(kernel);
                return Ok(ended(Status::Halted, cut_off, ran));
            }
            record => record?,
        };
        let argv0 = job.session.as_ref().map_or("", |session| &session.argv0);
        let status = Status::of(&record, job, argv0);
        let timeline = (!job.trace.is_empty() && !record.trace.is_empty())
            .then(|| returned::timeline(kernel, modules, &record))
            .transpose()?
            .map(|timeline| timeline.retold(&WithArguments));
        Ok((Executed { status, timeline, cut_off: None, ran }, Some(record)))
    }
}

impl Lab<'_> {
    /// Runs a program as a person requested.
    ///
    /// Errors are about preparing the program and about the machine. The result says how
    /// the program itself ended.
    pub fn exec(
        &self,
        machine: &Machine,
        request: &Request,
        join: Join,
    ) -> Result<Executed, Error> {
        request.out.iter().try_for_each(Fetch::look)?;
        let mut cargo = Cargo::new(request)?;
        for note in &cargo.notes {
            self.progress.note(&visible(note));
        }
        let modules = self.exec_modules(machine, &request.kmods, request.kmod_out.as_deref())?;
        cargo.add_shell()?;
        let paths = modules.iter().map(|module| module.file.host.as_path());
        let mut load = room::load(request, &cargo, paths)?;
        // Before anything is read.
        room::fitting(machine.room, &load)?;
        let streams = match join {
            Join::Output | Join::Nothing => Streams::Pipes { stdin: false },
            Join::InputAndOutput => Streams::Pipes { stdin: true },
            Join::Terminal => Streams::Terminal(terminal::size()),
        };
        let job = job(request, &modules, streams)?;
        let mut payload = Payload::new(&job)?;
        for module in &modules {
            payload.add_file(&module.file)?;
        }
        cargo.pack(&mut payload, ROOT_FOLDER)?;
        let payload = payload.finish()?;
        load.packed(payload.len() as u64);
        let machine = &*machine.with(room::fitting(machine.room, &load)?);

        let follows = job.session.as_ref().is_some_and(Session::follows_host);
        let clock = if follows { Clock::FollowsHost } else { Clock::Skips };
        let limit = machine_limit(request, &job, machine);
        let parts = machine.parts(Accel::TCG);
        // Make this before taking over the terminal: it may take a while and report that.
        let state = self.saved(machine, Accel::TCG)?;
        let (ours, theirs) = UnixStream::pair().map_err(RelayError)?;
        let (leaving, left) = UnixStream::pair().map_err(RelayError)?;
        let console = |line: &str| self.progress.note(&marked(&visible(line)));
        let traced = !job.trace.is_empty();
        let files: Vec<PayloadFile> = modules.into_iter().map(|module| module.file).collect();
        let remains = OnceCell::new();
        let output = Mutex::default();
        let ran = relay::join(ours, leaving, join, request.timeout, &output, || {
            // This is dropped when the machine has ended, which ends the relay.
            let theirs = theirs;
            let session = vm::Session {
                socket: theirs.as_fd(),
                clock,
                leave: left.as_fd(),
                remains: traced.then_some(&remains),
                is_cut_off: record::is_cut_off,
                console: request.console.then_some(&console),
            };
            self.start(state.as_deref(), |state| {
                vm::run_joined(parts, &[Device::Edu], &payload, state, limit, Some(session), None)
            })
        });
        let output = output.into_inner().expect("the relay does not panic");
        let memory = remains.get().map(|remains| remains::pages(remains, &job));
        let modules = elves(&files)?;
        let (finished, booted) = match ran {
            Ok(ran) => ran,
            Err(error) => {
                let Some(vm) = error.downcast_ref::<VmError>() else { return Err(error) };
                let returned = Returned {
                    job,
                    modules,
                    record: remains.get().map_or(Vec::new(), |remains| remains.record.clone()),
                    log: vm.log().unwrap_or_default().to_owned(),
                    registers: String::new(),
                    booted: false,
                    elapsed: Duration::ZERO,
                };
                let ran = Ran { returned, output, left: false, memory };
                let trace = ran.cut_off(machine.symbols());
                return Err(Fallen { error, trace, ran }.into());
            }
        };
        let vm::Finished { record, log, registers, left, elapsed } = finished;
        let returned = Returned { job, modules, record, log, registers, booted, elapsed };
        let ran = Ran { returned, output, left, memory };
        let (executed, record) = Executed::read(machine.symbols(), ran)?;
        if let Some(record) = record {
            for reason in &record.outcome.not_loaded {
                self.progress.note(&visible(reason));
            }
            for path in &record.outcome.no_room {
                let most = RECORD_BYTES >> 20;
                let note = format!("`{path}` is not brought back: the record has {most} MiB");
                self.progress.note(&visible(&note));
            }
            for missing in outcome::fetch(request, &executed.status, &record)? {
                self.progress.note(&format!("the program left no file `{missing}`"));
            }
        }
        Ok(executed)
    }

    /// The modules to load. Builds them if necessary, and copies what it builds to `out`.
    fn exec_modules(
        &self,
        machine: &Machine,
        kmods: &[Kmod],
        out: Option<&Path>,
    ) -> Result<Vec<Loaded>, Error> {
        let mut modules = Vec::new();
        for kmod in kmods {
            kmod.look()?;
            match kmod {
                Kmod::File { path, params } => {
                    modules.push(Loaded::new(path.clone(), params, false));
                }
                Kmod::Source { source: KmodSource { folder, params }, trust } => {
                    let (kernel, progress) = (&machine.kernel, self.progress);
                    let built = kmod_folder::build(folder, *trust, kernel, &self.cache, progress)?;
                    for Failed { module, reason } in &built.failed {
                        let folder = folder.display();
                        let note = format!("`{module}` of `{folder}` is not built: {reason}");
                        progress.note(&visible(&note));
                    }
                    if let Some(out) = out {
                        copy_into(out, &built.modules)?;
                    }
                    // One of several modules may need something that the machine lacks.
                    let optional = built.modules.len() > 1;
                    let params = params::among(folder, &built.modules, params)?;
                    let load = |(file, params): (_, String)| Loaded::new(file, &params, optional);
                    modules.extend(built.modules.into_iter().zip(params).map(load));
                }
            }
        }
        Ok(modules)
    }
}

/// A module that goes into the guest.
struct Loaded {
    file: PayloadFile,
    params: String,
    optional: bool,
}

/// Copies files into a folder of the person's, and makes the folder.
fn copy_into(folder: &Path, files: &[PathBuf]) -> Result<(), Error> {
    fs_err::create_dir_all(folder)?;
    for file in files {
        let name = file.file_name().unwrap_or_default();
        whole::write(&folder.join(name), &fs_err::read(file)?)?;
    }
    Ok(())
}

impl Loaded {
    fn new(path: PathBuf, params: &str, optional: bool) -> Loaded {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file = PayloadFile { guest: name.into(), host: path };
        Loaded { file, params: params.to_owned(), optional }
    }

    /// PID 1's instruction for it.
    fn module(&self) -> Module {
        let (file, params) = (self.file.guest.clone(), self.params.clone());
        Module { file, params, optional: self.optional }
    }
}

/// The time on the host's clock after which the machine is ended. The program is killed
/// earlier, so this ends a machine that hangs.
fn machine_limit(request: &Request, job: &Job, machine: &Machine) -> Duration {
    let guest = request.guest_timeout.map(|_| wall_limit(job, machine.kind));
    let host = request.timeout.map(|timeout| timeout + reserve(machine.kind));
    guest.into_iter().chain(host).min().unwrap_or(ENDLESS)
}

/// PID 1's instructions.
fn job(request: &Request, modules: &[Loaded], streams: Streams) -> Result<Job, Error> {
    let timeout = request.guest_timeout.unwrap_or(ENDLESS);
    let traced = !request.events.is_empty();
    Ok(Job {
        program: request.guest_path().into(),
        args: request.args.clone(),
        env: request.environment(),
        modules: modules.iter().map(Loaded::module).collect(),
        trace: request.events.clone(),
        trace_buffer_kib: if traced { TRACE_BUFFER_KIB } else { NO_TRACE_BUFFER_KIB },
        timeout_ms: timeout.as_millis() as u64,
        wakes_us: WAKES_US,
        marks: Marks::Anyone,
        nonce: nonce()?,
        session: Some(Session {
            argv0: request.argv0.clone(),
            user: request.user.name.to_owned(),
            streams,
            files: request.files.iter().filter_map(Carry::brought).collect(),
            out: request.out.iter().map(|fetch| fetch.guest.clone()).collect(),
        }),
    })
}
