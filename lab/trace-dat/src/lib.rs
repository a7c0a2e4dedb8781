//! A run as a `trace.dat` file, which trace-cmd(1) and KernelShark read.
//!
//! The file has the kernel's own pages, and what is needed to read them: the format of each
//! event, the names of functions and of tasks. This is version 6 of the layout in
//! trace-cmd.dat(5), which every trace-cmd reads.
//!
//! Nothing here does IO.

// `clippy.toml` lists everything that does IO.
#![deny(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use story::timeline::{Roles, Timeline};
use trace::Symbols;
use trace::record::Record;
use trace::ring_buffer::{PAGE_HEADER_LEN, PAGE_LEN};

/// The first bytes of a file, up to its version.
const MAGIC: &[u8] = b"\x17\x08\x44tracing";
const VERSION: &[u8] = b"6\0";
const LITTLE_ENDIAN: u8 = 0;
/// The length of a C `long` of the guest, bytes.
const LONG_LEN: u8 = 8;
/// The system whose events the tracer itself writes.
const FTRACE: &str = "ftrace";
/// The guest has one processor.
const CPUS: u32 = 1;

/// The file. `symbols` are the functions of the kernel and of the modules.
pub fn file(record: &Record, timeline: &Timeline, symbols: &Symbols) -> Vec<u8> {
    let mut file = Writer::default();
    file.bytes(MAGIC);
    file.bytes(VERSION);
    file.bytes(&[LITTLE_ENDIAN, LONG_LEN]);
    file.u32(PAGE_LEN);
    file.bytes(b"header_page\0");
    file.text_u64(&header_page());
    file.bytes(b"header_event\0");
    file.text_u64(HEADER_EVENT);
    file.formats(&record.formats);
    file.text_u32(&symbols.kallsyms());
    // The format strings of trace_printk(): no module of the lab calls it.
    file.text_u32("");
    file.text_u64(&tasks(timeline));
    file.bytes(&CPUS.to_le_bytes());
    // Version 6 has only an end of the options.
    file.bytes(b"options  \0");
    file.bytes(&0_u16.to_le_bytes());
    file.bytes(b"flyrecord\0");
    // A place and a length follow, then the pages at the next whole page.
    let start = (file.0.len() + 16).next_multiple_of(PAGE_LEN);
    file.u64(start);
    file.u64(record.trace.len());
    file.0.resize(start, 0);
    file.bytes(&record.trace);
    file.0
}

/// What the kernel has in `events/header_page`: the header of a page of its ring buffer, in
/// the notation of `format` files.
fn header_page() -> String {
    let mut text = String::new();
    let data = PAGE_LEN - PAGE_HEADER_LEN;
    for (field, offset, size, signed) in [
        ("u64 timestamp", 0, 8, 0),
        ("local_t commit", 8, 8, 1),
        ("int overwrite", 8, 1, 1),
        ("char data", PAGE_HEADER_LEN, data, 1),
    ] {
        let _ =
            writeln!(text, "\tfield: {field};\toffset:{offset};\tsize:{size};\tsigned:{signed};");
    }
    text
}

/// What the kernel has in `events/header_event`: the header of an event. Readers know it.
const HEADER_EVENT: &str = "\
# compressed entry header
\ttype_len    :    5 bits
\ttime_delta  :   27 bits
\tarray       :   32 bits

\tpadding     : type == 29
\ttime_extend : type == 30
\ttime_stamp : type == 31
\tdata max type_len  == 28
";

/// The tasks' [`Roles`], one line `pid name` each, as in the kernel's `saved_cmdlines`. If a
/// number is used again, its last task counts: the file has one name for each number.
fn tasks(timeline: &Timeline) -> String {
    let roles = Roles::new(&timeline.births);
    let current = timeline.entries.iter().map(|entry| entry.pid);
    let born = timeline.births.iter().flat_map(|birth| [birth.parent, birth.pid]);
    let tasks: BTreeSet<i32> = current.chain(born).collect();
    tasks.iter().fold(String::new(), |mut text, pid| {
        let _ = writeln!(text, "{pid} {}", roles.name(*pid, u64::MAX));
        text
    })
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// A number that is far below the limit of its width.
    fn u32(&mut self, number: usize) {
        self.bytes(&(number as u32).to_le_bytes());
    }

    fn u64(&mut self, number: usize) {
        self.bytes(&(number as u64).to_le_bytes());
    }

    fn text_u32(&mut self, text: &str) {
        self.u32(text.len());
        self.bytes(text.as_bytes());
    }

    fn text_u64(&mut self, text: &str) {
        self.u64(text.len());
        self.bytes(text.as_bytes());
    }

    /// The events of the tracer itself, and then those of each other system.
    fn formats(&mut self, formats: &BTreeMap<String, String>) {
        let mut systems: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (event, format) in formats {
            let (system, _) = event.split_once('/').unwrap_or((event, ""));
            systems.entry(system).or_default().push(format);
        }
        let own = systems.remove(FTRACE).unwrap_or_default();
        self.u32(own.len());
        own.iter().for_each(|format| self.text_u64(format));
        self.u32(systems.len());
        for (system, formats) in systems {
            self.bytes(system.as_bytes());
            self.bytes(&[0]);
            self.u32(formats.len());
            formats.iter().for_each(|format| self.text_u64(format));
        }
    }
}
