//! The record: what a run left, as PID 1 sent it.

use std::collections::BTreeMap;
use std::io::Read;

use explain::{ExitStatus, Explain};
use protocol::session::OUT_FOLDER;
use protocol::{
    FIRST_MODULES_FILE, FORMATS_FOLDER, LEAKS_FILE, MODULES_FILE, OUTCOME_FILE, Outcome,
    STDERR_FILE, STDOUT_FILE, TRACE_FILE, TRACE_STATS_FILE,
};

/// A whole record, unpacked but not yet understood.
#[derive(Debug, Clone)]
pub struct Record {
    /// How the program ended.
    pub outcome: Outcome,
    /// What it wrote to its standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to its standard error.
    pub stderr: Vec<u8>,
    /// Pages of the trace's ring buffer.
    pub trace: Vec<u8>,
    /// How many events the ring buffer took and lost, as the kernel says it.
    pub trace_stats: String,
    /// `format` files by `system/event`.
    pub formats: BTreeMap<String, String>,
    /// Modules loaded when the program started, and where.
    pub first_modules: Vec<LoadedModule>,
    /// Modules loaded at the end, and where.
    pub modules: Vec<LoadedModule>,
    /// What the kernel's leak detector found, in its words; empty for nothing.
    /// `None`: the kernel has none.
    pub leaks: Option<String>,
    /// Files of the guest that the host asked for, by their number in
    /// [`protocol::Session::out`]; those that could be read.
    pub out: BTreeMap<usize, Vec<u8>>,
}

/// Where a module's code was in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedModule {
    /// As in /proc/modules.
    pub name: String,
    /// Start of its `.text`.
    pub text_address: u64,
}

/// Why a record is none.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("failed to read the record: {0}")]
    Read(#[from] std::io::Error),
    #[error("the record is cut off: it has no `{0}`")]
    Missing(&'static str),
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

impl Record {
    /// Unpacks the archive that PID 1 sent. `nonce` is the job's: a record with
    /// another one was not made by the PID 1 that was given this job.
    pub fn parse(archive: &[u8], nonce: &str) -> Result<Record, RecordError> {
        let mut files = BTreeMap::new();
        for entry in tar::Archive::new(archive).entries()? {
            let mut entry = entry?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            files.insert(name, bytes);
        }
        let mut take = |name| files.remove(name).ok_or(RecordError::Missing(name));
        let outcome: Outcome = serde_json::from_slice(&take(OUTCOME_FILE)?)
            .map_err(|e| malformed(OUTCOME_FILE, &e.to_string()))?;
        if outcome.nonce != nonce {
            return Err(RecordError::Nonce);
        }
        let modules = parse_modules(MODULES_FILE, &text(take(MODULES_FILE)?))?;
        let trace_stats = text(take(TRACE_STATS_FILE)?);
        let trace = take(TRACE_FILE)?;
        // Absent where the program was never started.
        let first_modules = files.remove(FIRST_MODULES_FILE).unwrap_or_default();
        let first_modules = parse_modules(FIRST_MODULES_FILE, &text(first_modules))?;
        let stdout = files.remove(STDOUT_FILE).unwrap_or_default();
        let stderr = files.remove(STDERR_FILE).unwrap_or_default();
        let leaks = files.remove(LEAKS_FILE).map(text);
        let mut out = BTreeMap::new();
        files.retain(|name, bytes| {
            let number = name.strip_prefix(OUT_FOLDER).and_then(|name| name.strip_prefix('/'));
            let Some(Ok(number)) = number.map(str::parse) else { return true };
            out.insert(number, std::mem::take(bytes));
            false
        });
        let formats = files
            .into_iter()
            .filter_map(|(name, bytes)| {
                let event = name.strip_prefix(FORMATS_FOLDER)?.strip_prefix('/')?.to_owned();
                Some((event, text(bytes)))
            })
            .collect();
        Ok(Record {
            outcome,
            stdout,
            stderr,
            trace,
            trace_stats,
            formats,
            first_modules,
            modules,
            leaks,
            out,
        })
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

fn malformed(name: &'static str, text: &str) -> RecordError {
    RecordError::Malformed { name, text: text.to_owned() }
}

/// Parses lines `name .text 0xaddress`.
fn parse_modules(file: &'static str, text: &str) -> Result<Vec<LoadedModule>, RecordError> {
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
    use super::*;

    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            archive.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
        archive.into_inner().unwrap()
    }

    const OUTCOME: (&str, &str) = ("outcome.json", "{\"nonce\":\"n\",\"ended\":{\"exited\":0}}");
    const WHOLE: &[(&str, &str)] = &[
        ("stdout", "hi\n"),
        ("trace/cpu0", ""),
        ("trace/cpu0.stats", "entries: 0"),
        ("trace/formats/ftrace/print", "name: print"),
        ("first-modules", "lab_edu .text 0xffffffffa0004000\n"),
        ("modules", "lab_edu .text 0xffffffffa0000000\n"),
        ("out/1", "carried out"),
        OUTCOME,
    ];

    #[test]
    fn a_whole_record_is_unpacked() {
        let record = Record::parse(&archive(WHOLE), "n").unwrap();
        assert_eq!(record.stdout, b"hi\n");
        assert_eq!(record.formats["ftrace/print"], "name: print");
        let module = |text_address| LoadedModule { name: "lab_edu".to_owned(), text_address };
        assert_eq!(record.first_modules, [module(0xffff_ffff_a000_4000)]);
        assert_eq!(record.modules, [module(0xffff_ffff_a000_0000)]);
        assert_eq!(record.out, BTreeMap::from([(1, b"carried out".to_vec())]));
    }

    #[test]
    fn a_record_of_another_run_is_refused() {
        let error = Record::parse(&archive(WHOLE), "other").unwrap_err();
        assert_eq!(error.to_string(), "the record belongs to another run");
    }

    #[test]
    fn a_record_without_its_end_is_refused() {
        let error = Record::parse(&archive(&WHOLE[..7]), "n").unwrap_err();
        assert_eq!(error.to_string(), "the record is cut off: it has no `outcome.json`");
        let nothing = Record::parse(&[0; 4096], "n").unwrap_err();
        assert_eq!(nothing.to_string(), "the record is cut off: it has no `outcome.json`");
    }
}
