//! Reading a record takes bounded memory and returns errors instead of panicking, no
//! matter what a stranger's module wrote into it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use protocol::{Job, Marks, WAKES_US};
use trace::record::Record;
use trace::{Inputs, Symbols, decode};

/// The system's allocator, plus a count of the peak.
struct Counting;

static TAKEN: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: the system's allocator does all the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let taken = TAKEN.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(taken, Ordering::Relaxed);
        // SAFETY: the caller promises what the system's allocator requires.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        TAKEN.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The size of the trace's buffer in every exercise, KiB.
const BUFFER_KIB: u32 = 1024;
/// How much memory reading may take for each byte of the trace, bytes.
const FOR_EACH_BYTE: usize = 400;

fn job() -> Job {
    Job {
        program: String::new().into(),
        args: Vec::new(),
        env: Vec::new(),
        modules: Vec::new(),
        trace: Vec::new(),
        trace_buffer_kib: BUFFER_KIB,
        timeout_ms: 0,
        marks: Marks::Root,
        nonce: "n".to_owned(),
        wakes_us: WAKES_US,
        session: None,
    }
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

/// Reads a record as far as possible. Returns the number of events, or the error's text.
fn read(archive: &[u8]) -> Result<usize, String> {
    let record = Record::parse(archive, &job()).map_err(|e| e.to_string())?;
    let (symbols, modules) = (Symbols::default(), BTreeMap::new());
    let inputs = Inputs {
        pages: &record.trace,
        stats: Some(&record.trace_stats),
        formats: &record.formats,
        symbols: &symbols,
        modules: &modules,
    };
    decode(&inputs).map(|events| events.len()).map_err(|e| e.to_string())
}

/// A trace of maximum length, full of events with this payload. Also returns their
/// number.
fn full_of(payload: &[u8]) -> (Vec<u8>, usize) {
    const PAGE: usize = 4096;
    let words = payload.len() as u32 / 4;
    // A header has room for a length of 28 words. A longer payload has its own length
    // word.
    let header = if words <= 28 { vec![words] } else { vec![0, 4 * words + 4] };
    let header: Vec<u8> = header.into_iter().flat_map(u32::to_le_bytes).collect();
    let event = [header.as_slice(), payload].concat();
    let (on_a_page, pages) = ((PAGE - 16) / event.len(), BUFFER_KIB as usize / 4);
    let mut page = 0_u64.to_le_bytes().to_vec();
    page.extend((on_a_page as u64 * event.len() as u64).to_le_bytes());
    page.extend(event.repeat(on_a_page));
    page.resize(PAGE, 0);
    (page.repeat(pages), on_a_page * pages)
}

fn record(format: &str, payload: &[u8]) -> Vec<u8> {
    let (pages, events) = full_of(payload);
    let stats = format!(
        "entries: 0\noverrun: 0\ncommit overrun: 0\ndropped events: 0\nread events: {events}\n"
    );
    archive(&[
        ("trace/cpu0", &pages),
        ("trace/cpu0.stats", stats.as_bytes()),
        ("trace/formats/lab/x", format.as_bytes()),
        ("modules", b""),
        ("outcome.json", b"{\"nonce\":\"n\",\"ended\":{\"exited\":0}}"),
    ])
}

fn most_taken(read: impl FnOnce()) -> usize {
    let before = TAKEN.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    read();
    MOST.load(Ordering::Relaxed) - before
}

/// A single test, because memory taken by a parallel test would count too.
#[test]
fn reading_a_record_takes_bounded_memory_and_never_panics() {
    a_hole_takes_nothing();
    fields_take_what_their_payload_does();
    what_is_broken_is_an_error();
}

/// A file of one terabyte that is almost entirely a hole.
fn a_hole_takes_nothing() {
    let mut header = tar::Header::new_gnu();
    header.set_path("stdout").unwrap();
    header.set_entry_type(tar::EntryType::GNUSparse);
    header.set_size(0);
    let gnu = header.as_gnu_mut().unwrap();
    gnu.realsize = *b"\x80\0\0\0\0\0\x01\0\0\0\0\0";
    gnu.sparse[0].offset = gnu.realsize;
    gnu.sparse[0].numbytes = *b"00000000000\0";
    header.set_cksum();
    let archive = [header.as_bytes().as_slice(), &record("", &[0; 8])].concat();
    let taken = most_taken(|| {
        assert_eq!(read(&archive), Err("the record's `stdout` is no plain file".to_owned()));
    });
    assert!(taken < 4096, "{taken}");
}

fn fields_take_what_their_payload_does() {
    let field = |declaration: &str, offset: usize, size: usize| {
        format!("\tfield:{declaration};\toffset:{offset};\tsize:{size};\tsigned:0;\n")
    };
    let id = [7, 0, 0, 0, 0, 0, 0, 0];
    // 24 fields with long names, each on a byte of its own; a thousand fields on the same
    // byte; a hundred fields that all point to the whole payload.
    let small = |len: usize| -> String {
        let long = "n".repeat(len);
        (0..24).map(|n| field(&format!("char {long}{n}"), 8 + n, 1)).collect()
    };
    let same: String = (0..1000).map(|n| field(&format!("char a{n}"), 8, 1)).collect();
    let located: String =
        (0..100).map(|n| field(&format!("__data_loc u8[] a{n}"), 8 + 4 * n, 4)).collect();
    let everything = [&id[..], &(1000_u32 << 16).to_le_bytes().repeat(248)].concat();
    for (fields, payload, refused) in [
        (String::new(), id.to_vec(), None),
        (small(50), [&id[..], &[1; 24]].concat(), None),
        (small(200), [&id[..], &[1; 24]].concat(), Some("failed to parse the format")),
        (same, [&id[..], &[1; 4]].concat(), Some("failed to parse the format")),
        (located, everything, Some("failed to read `a1` of a `x` event: it is cut off")),
    ] {
        let archive = record(&format!("name: x\nID: 7\n{fields}"), &payload);
        let mut outcome = Ok(0);
        let taken = most_taken(|| outcome = read(&archive));
        let most = FOR_EACH_BYTE * archive.len();
        assert!(taken < most, "{taken} bytes, of {most}, for {} of {fields}", archive.len());
        match refused {
            None => assert_eq!(outcome, Ok(full_of(&payload).1)),
            Some(why) => assert!(outcome.clone().unwrap_err().contains(why), "{outcome:?}"),
        }
    }
}

/// Random bytes are changed. The sequence is the same in every run.
fn what_is_broken_is_an_error() {
    let mut event = vec![7, 0, 0, 0, 31, 0, 0, 0, 12, 0, 4, 0];
    event.extend(b"text");
    let format = "name: x\nID: 7\n\tfield:__data_loc char[] a;\toffset:8;\tsize:4;\tsigned:0;\n";
    let whole = record(format, &event);
    assert_eq!(read(&whole), Ok(full_of(&event).1));
    // Knuth's constants from MMIX.
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize % below
    };
    let mut refused = 0;
    for _ in 0..100 {
        let mut broken = whole.clone();
        for _ in 0..3 {
            // In the first page, or in the data behind the pages.
            let near = if random(2) == 0 { random(4096) } else { broken.len() - 1 - random(6000) };
            broken[near] = random(256) as u8;
        }
        refused += usize::from(read(&broken).is_err());
    }
    assert!(refused > 25, "{refused}");
}
