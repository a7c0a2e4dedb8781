//! What a machine left that never sent its record: before its program started, PID 1
//! recorded where the trace is in memory.
//!
//! Remains are as untrusted as a record, and are read in the same way.

use std::collections::BTreeMap;

use protocol::{Job, MODULES_FILE, REMAINS_FILE, TRACE_FILE};

use super::record::{
    LoadedModule, RecordError, files, formats, malformed, parse_modules, text, trace_len,
};
use super::ring_buffer::PAGE_LEN;

/// What PID 1 recorded before the program started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remains {
    /// The numbers of the memory pages that form the ring buffer.
    pub trace_pages: Vec<u64>,
    /// The `format` files, keyed by `system/event`.
    pub formats: BTreeMap<String, String>,
    /// The modules that were loaded by then, with their addresses.
    pub modules: Vec<LoadedModule>,
}

impl Remains {
    /// Unpacks what is in the record's place.
    ///
    /// # Errors
    /// The same as for a record. In particular, remains without the job's nonce are
    /// refused.
    pub fn parse(archive: &[u8], job: &Job) -> Result<Remains, RecordError> {
        let files = files(archive, job)?;
        let take = |name| files.get(name).copied().ok_or(RecordError::Missing(name));
        let told: protocol::Remains = serde_json::from_slice(take(REMAINS_FILE)?)
            .map_err(|e| malformed(REMAINS_FILE, &e.to_string()))?;
        if told.nonce != job.nonce {
            return Err(RecordError::Nonce);
        }
        let (len, most) =
            ((told.trace_pages.len() * PAGE_LEN) as u64, trace_len(job.trace_buffer_kib));
        if len > most {
            return Err(RecordError::TooLong { name: TRACE_FILE.to_owned(), len, most });
        }
        let modules = parse_modules(MODULES_FILE, &text(take(MODULES_FILE)?))?;
        Ok(Remains { trace_pages: told.trace_pages, formats: formats(&files), modules })
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Marks, WAKES_US};

    use super::*;

    fn parse(told: &str, more: &[(&str, &str)]) -> Result<Remains, String> {
        let job = Job {
            program: String::new().into(),
            args: Vec::new(),
            env: Vec::new(),
            modules: Vec::new(),
            trace: Vec::new(),
            trace_buffer_kib: 8,
            timeout_ms: 0,
            marks: Marks::Anyone,
            nonce: "n".to_owned(),
            wakes_us: WAKES_US,
            session: None,
        };
        let mut archive = tar::Builder::new(Vec::new());
        for (name, text) in [&[("remains.json", told)], more].concat() {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            archive.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
        Remains::parse(&archive.into_inner().unwrap(), &job).map_err(|e| e.to_string())
    }

    const MORE: &[(&str, &str)] = &[
        ("trace/formats/ftrace/print", "name: print"),
        ("modules", "lab_edu .text 0xffffffffa0000000\n"),
    ];

    #[test]
    fn what_was_told_is_unpacked() {
        let remains = parse("{\"nonce\":\"n\",\"trace_pages\":[9,3]}", MORE).unwrap();
        assert_eq!(remains.trace_pages, [9, 3]);
        assert_eq!(remains.formats["ftrace/print"], "name: print");
        assert_eq!(remains.modules.len(), 1);
    }

    #[test]
    fn what_pid_1_does_not_tell_is_refused() {
        let five = "{\"nonce\":\"n\",\"trace_pages\":[1,1,1,1,1]}";
        let other = "{\"nonce\":\"m\",\"trace_pages\":[1]}";
        assert_eq!(parse(other, MORE).unwrap_err(), "the record belongs to another run");
        assert_eq!(
            parse(five, MORE).unwrap_err(),
            "the record's `trace/cpu0` has 20480 bytes, and may have 16384"
        );
        assert_eq!(
            parse(five, &[("etc/passwd", "")]).unwrap_err(),
            "the record has a file `etc/passwd`, which no record has"
        );
        let one = "{\"nonce\":\"n\",\"trace_pages\":[1]}";
        assert_eq!(parse(one, &[]).unwrap_err(), "the record is cut off: it has no `modules`");
        assert!(parse("{}", MORE).unwrap_err().contains("makes no sense"));
    }
}
