//! The record: everything that PID 1 sent back from a run.
//!
//! A stranger's module can write a record too. So we first check that all of it could
//! come from PID 1: only plain files with known names, none too long. The job's nonce
//! must be among them. Only then is anything copied.

use std::collections::BTreeMap;

use explain::{ExitStatus, Explain};
use protocol::limits::OUTPUT_BYTES;
use protocol::session::OUT_FOLDER;
use protocol::{
    EVENTS_FILE, FIRST_MODULES_FILE, FORMATS_FOLDER, Job, LEAKS_FILE, MODULES_FILE, OUTCOME_FILE,
    Outcome, REMAINS_FILE, STDERR_FILE, STDOUT_FILE, TRACE_FILE, TRACE_STATS_FILE,
};

use super::ring_buffer::{PAGE_HEADER_LEN, PAGE_LEN};

/// A whole record, unpacked but not interpreted.
#[derive(Debug, Clone)]
pub struct Record {
    /// How the program ended.
    pub outcome: Outcome,
    /// What the program wrote to its standard output.
    pub stdout: Vec<u8>,
    /// What the program wrote to its standard error.
    pub stderr: Vec<u8>,
    /// The pages of the trace's ring buffer.
    pub trace: Vec<u8>,
    /// The kernel's count of events that the ring buffer took and lost.
    pub trace_stats: String,
    /// `format` files, keyed by `system/event`.
    pub formats: BTreeMap<String, String>,
    /// The kernel's `available_events`. Empty if the program was started.
    pub events: String,
    /// The modules that were loaded when the program started, with their addresses.
    pub first_modules: Vec<LoadedModule>,
    /// The modules that were loaded at the end, with their addresses.
    pub modules: Vec<LoadedModule>,
    /// The report of the kernel's leak detector, empty if it found nothing. `None` if the
    /// kernel has no detector.
    pub leaks: Option<String>,
    /// The guest files that the host asked for and PID 1 could read, keyed by their index
    /// in [`protocol::Session::out`].
    pub out: BTreeMap<usize, Left>,
}

/// Where a module's code was in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedModule {
    /// The name in /proc/modules.
    pub name: String,
    /// The start of its `.text`.
    pub text_address: u64,
}

/// Why a record is refused.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("failed to read the record: {0}")]
    Read(#[from] std::io::Error),
    #[error("the record is cut off: it has no `{0}`")]
    Missing(&'static str),
    #[error("the record's `{name}` is no plain file")]
    NotPlain { name: String },
    #[error("the record has a file `{name}`, which no record has")]
    Unknown { name: String },
    #[error("the record has two files `{name}`")]
    Twice { name: String },
    #[error("the record's `{name}` says that it has {len} bytes, but only {left} follow")]
    PastEnd { name: String, len: u64, left: u64 },
    #[error("the record's `{name}` has {len} bytes, and may have {most}")]
    TooLong { name: String, len: u64, most: u64 },
    #[error("the record's `{name}` makes no sense: {text}")]
    Malformed { name: &'static str, text: String },
    #[error("the record belongs to another run")]
    Nonce,
}

impl Explain for RecordError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Vm
    }
}

/// Something of the guest that the host asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    File(Vec<u8>),
    /// A tar archive, which is as little to be trusted as the record.
    Folder(Vec<u8>),
}

impl Record {
    /// Unpacks the archive that PID 1 sent. A record without the job's nonce was not made
    /// by the PID 1 that got this job.
    pub fn parse(archive: &[u8], job: &Job) -> Result<Record, RecordError> {
        let mut files = files(archive, job)?;
        let outcome = files.get(OUTCOME_FILE).ok_or(RecordError::Missing(OUTCOME_FILE))?;
        let outcome: Outcome =
            serde_json::from_slice(outcome).map_err(|e| malformed(OUTCOME_FILE, &e.to_string()))?;
        if outcome.nonce != job.nonce {
            return Err(RecordError::Nonce);
        }
        let mut take = |name| files.remove(name).ok_or(RecordError::Missing(name));
        let modules = parse_modules(MODULES_FILE, &text(take(MODULES_FILE)?))?;
        let trace_stats = text(take(TRACE_STATS_FILE)?);
        let trace = take(TRACE_FILE)?.to_owned();
        // The file is absent if the program never started.
        let first_modules = files.remove(FIRST_MODULES_FILE).unwrap_or_default();
        let first_modules = parse_modules(FIRST_MODULES_FILE, &text(first_modules))?;
        let stdout = files.remove(STDOUT_FILE).unwrap_or_default().to_owned();
        let stderr = files.remove(STDERR_FILE).unwrap_or_default().to_owned();
        let leaks = files.remove(LEAKS_FILE).map(text);
        let events = files.remove(EVENTS_FILE).map(text).unwrap_or_default();
        let formats = formats(&files);
        let out = files.iter().filter_map(|(name, bytes)| {
            let left = if name.ends_with(ARCHIVE) { Left::Folder } else { Left::File };
            Some((out_number(name)?, left(bytes.to_vec())))
        });
        let out = out.collect();
        Ok(Record {
            outcome,
            stdout,
            stderr,
            trace,
            trace_stats,
            formats,
            events,
            first_modules,
            modules,
            leaks,
            out,
        })
    }
}

/// The formats among the files of an archive, keyed by event.
pub(super) fn formats(files: &BTreeMap<String, &[u8]>) -> BTreeMap<String, String> {
    let formats = files.iter().map(|(name, bytes)| (format_of(name), bytes));
    formats.filter_map(|(event, bytes)| Some((event?.to_owned(), text(bytes)))).collect()
}

/// Finds the files that PID 1 writes in an archive. See [`entries`].
pub(super) fn files<'a>(
    archive: &'a [u8],
    job: &Job,
) -> Result<BTreeMap<String, &'a [u8]>, RecordError> {
    entries(archive, |name| most(name, job))
}

/// Whether a record lacks its end, which says how the program ended.
pub fn is_cut_off(record: &[u8]) -> bool {
    entries(record, |_| Some(u64::MAX)).map_or(true, |files| !files.contains_key(OUTCOME_FILE))
}

/// Finds the files in an untrusted archive without copying them. `most` is the maximum
/// length of the file with a name, bytes. A file for which there is none is an error, and
/// only its header is read.
pub fn entries(
    archive: &[u8],
    most: impl Fn(&str) -> Option<u64>,
) -> Result<BTreeMap<String, &[u8]>, RecordError> {
    let mut files = BTreeMap::new();
    // Raw entries: a long name, a long length or a sparse file appears as an entry of its
    // own, and such an entry is not a plain file.
    for entry in tar::Archive::new(archive).entries()?.raw(true) {
        let entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type() != tar::EntryType::Regular {
            return Err(RecordError::NotPlain { name });
        }
        let Some(most) = most(&name) else { return Err(RecordError::Unknown { name }) };
        let (start, len) = (entry.raw_file_position(), entry.size());
        if len > most {
            return Err(RecordError::TooLong { name, len, most });
        }
        let left = (archive.len() as u64).saturating_sub(start);
        if len > left {
            return Err(RecordError::PastEnd { name, len, left });
        }
        // The checks above keep both bounds within the archive.
        let bytes = &archive[start as usize..(start + len) as usize];
        if files.insert(name.clone(), bytes).is_some() {
            return Err(RecordError::Twice { name });
        }
    }
    Ok(files)
}

/// The limit for a text from the kernel or PID 1, such as a format or a list of modules,
/// bytes.
const TEXT: u64 = 64 << 10;

/// The maximum length of the file with this name, bytes. `None` if PID 1 writes no such
/// file.
fn most(name: &str, job: &Job) -> Option<u64> {
    Some(match name {
        OUTCOME_FILE | REMAINS_FILE | TRACE_STATS_FILE | MODULES_FILE | FIRST_MODULES_FILE
        | EVENTS_FILE => TEXT,
        STDOUT_FILE | STDERR_FILE => OUTPUT_BYTES,
        TRACE_FILE => trace_len(job.trace_buffer_kib),
        // The report is limited only by the size of the record.
        LEAKS_FILE => u64::MAX,
        name if out_number(name).is_some() => u64::MAX,
        name if format_of(name).is_some() => TEXT,
        _ => return None,
    })
}

/// The maximum size of a ring buffer's contents, bytes: the pages that hold `kib` without
/// their headers, at least two, plus the page being read (`rb_allocate_cpu_buffer`,
/// kernel/trace/ring_buffer.c).
pub(super) fn trace_len(kib: u32) -> u64 {
    let pages = (u64::from(kib) << 10).div_ceil((PAGE_LEN - PAGE_HEADER_LEN) as u64);
    (pages.max(2) + 1) * PAGE_LEN as u64
}

/// How the name of an archive in the record ends.
const ARCHIVE: &str = ".tar";

/// The index of what the host asked for that has this name in the record.
fn out_number(name: &str) -> Option<usize> {
    let name = name.strip_prefix(OUT_FOLDER)?.strip_prefix('/')?;
    name.strip_suffix(ARCHIVE).unwrap_or(name).parse().ok()
}

/// The event whose format has this name in the record.
fn format_of(name: &str) -> Option<&str> {
    name.strip_prefix(FORMATS_FOLDER)?.strip_prefix('/')
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(super) fn malformed(name: &'static str, text: &str) -> RecordError {
    RecordError::Malformed { name, text: text.to_owned() }
}

/// Parses lines `name .text 0xaddress`.
pub(super) fn parse_modules(
    file: &'static str,
    text: &str,
) -> Result<Vec<LoadedModule>, RecordError> {
    text.lines()
        .map(|line| {
            let mut words = line.split(' ');
            let (name, address) = (words.next(), words.nth(1));
            let address = address
                .and_then(|address| address.strip_prefix("0x"))
                .and_then(|digits| u64::from_str_radix(digits, 16).ok());
            match (name, address) {
                (Some(name), Some(text_address)) => {
                    Ok(LoadedModule { name: name.to_owned(), text_address })
                }
                _ => Err(malformed(file, line)),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use protocol::{Marks, WAKES_US};
    use tar::EntryType;

    use super::*;

    fn job(nonce: &str) -> Job {
        Job {
            program: String::new().into(),
            args: Vec::new(),
            env: Vec::new(),
            modules: Vec::new(),
            trace: Vec::new(),
            trace_buffer_kib: 8,
            timeout_ms: 0,
            marks: Marks::Root,
            nonce: nonce.to_owned(),
            wakes_us: WAKES_US,
            session: None,
        }
    }

    fn parse(archive: &[u8]) -> Result<Record, RecordError> {
        Record::parse(archive, &job("n"))
    }

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            archive.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
        archive.into_inner().unwrap()
    }

    /// A whole record after a forged first entry: a header without data, which claims
    /// `len` bytes.
    fn hostile(name: &str, kind: EntryType, len: u64) -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.set_path(name).unwrap();
        header.set_entry_type(kind);
        header.set_size(len);
        header.set_cksum();
        [header.as_bytes().as_slice(), &archive(WHOLE)].concat()
    }

    const OUTCOME: (&str, &str) = ("outcome.json", "{\"nonce\":\"n\",\"ended\":{\"exited\":0}}");
    const WHOLE: &[(&str, &str)] = &[
        ("stdout", "hi\n"),
        ("trace/cpu0", ""),
        ("trace/cpu0.stats", "entries: 0"),
        ("trace/formats/ftrace/print", "name: print"),
        ("trace/events", "signal:signal_generate\n"),
        ("first-modules", "lab_edu .text 0xffffffffa0004000\n"),
        ("modules", "lab_edu .text 0xffffffffa0000000\n"),
        ("out/1", "carried out"),
        ("out/2.tar", "a folder"),
        OUTCOME,
    ];

    #[test]
    fn a_whole_record_is_unpacked() {
        let record = parse(&archive(WHOLE)).unwrap();
        assert_eq!(record.stdout, b"hi\n");
        assert_eq!(record.formats["ftrace/print"], "name: print");
        assert_eq!(record.events, "signal:signal_generate\n");
        let module = |text_address| LoadedModule { name: "lab_edu".to_owned(), text_address };
        assert_eq!(record.first_modules, [module(0xffff_ffff_a000_4000)]);
        assert_eq!(record.modules, [module(0xffff_ffff_a000_0000)]);
        let (file, folder) = (b"carried out".to_vec(), b"a folder".to_vec());
        let out = BTreeMap::from([(1, Left::File(file)), (2, Left::Folder(folder))]);
        assert_eq!(record.out, out);
    }

    #[test]
    fn a_record_of_another_run_is_refused() {
        let error = Record::parse(&archive(WHOLE), &job("other")).unwrap_err();
        assert_eq!(error.to_string(), "the record belongs to another run");
        // The nonce is checked before anything else in the record.
        let broken = [("modules", "nonsense"), ("trace/cpu0.stats", ""), OUTCOME];
        let error = Record::parse(&archive(&broken), &job("other")).unwrap_err();
        assert_eq!(error.to_string(), "the record belongs to another run");
    }

    #[test]
    fn a_record_without_its_end_is_refused() {
        let error = parse(&archive(&WHOLE[..8])).unwrap_err();
        assert_eq!(error.to_string(), "the record is cut off: it has no `outcome.json`");
        let nothing = parse(&[0; 4096]).unwrap_err();
        assert_eq!(nothing.to_string(), "the record is cut off: it has no `outcome.json`");
    }

    #[test]
    fn what_pid_1_does_not_write_is_refused() {
        let (file, huge) = (EntryType::Regular, 1 << 40);
        for (name, kind, len, said) in [
            ("stdout", EntryType::GNUSparse, huge, "the record's `stdout` is no plain file"),
            // A name and a length that apply to the next entry.
            ("stdout", EntryType::GNULongName, huge, "the record's `stdout` is no plain file"),
            ("stdout", EntryType::XHeader, huge, "the record's `stdout` is no plain file"),
            ("stdout", EntryType::Symlink, 0, "the record's `stdout` is no plain file"),
            ("etc/passwd", file, 0, "the record has a file `etc/passwd`, which no record has"),
            ("out/x", file, 0, "the record has a file `out/x`, which no record has"),
            ("stdout", file, 0, "the record has two files `stdout`"),
            (
                "stderr",
                file,
                huge,
                "the record's `stderr` has 1099511627776 bytes, and may have 2097152",
            ),
            (
                "trace/cpu0",
                file,
                huge,
                "the record's `trace/cpu0` has 1099511627776 bytes, and may have 16384",
            ),
            (
                "out/7",
                file,
                huge,
                "the record's `out/7` says that it has 1099511627776 bytes, but only 10752 follow",
            ),
        ] {
            assert_eq!(parse(&hostile(name, kind, len)).unwrap_err().to_string(), said);
        }
        let mut broken = archive(WHOLE);
        broken[0] ^= 1;
        let error = parse(&broken).unwrap_err().to_string();
        assert_eq!(error, "failed to read the record: archive header checksum mismatch");
    }
}
