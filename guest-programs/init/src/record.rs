//! The record: what the run left, as a tar archive in the memory of an ivshmem
//! device, which the host reads after the end.

use std::fs;
use std::io::{self, Cursor, ErrorKind, Read, Write};

use protocol::{
    EVENTS_FILE, Ended, FIRST_MODULES_FILE, FORMATS_FOLDER, LEAKS_FILE, MODULES_FILE, OUTCOME_FILE,
    Outcome, RECORD_SLOT, REMAINS_FILE, Remains, STDERR_FILE, STDOUT_FILE, TRACE_FILE,
    TRACE_STATS_FILE,
};

use crate::leaks;
use crate::mounts::OUTPUT;
use crate::out::{self, Wanted};
use crate::payload::map_device;
use crate::trace::TRACING;

/// Writes the record into the record device, together with files of the guest
/// that the host wants; one that cannot be read, or has no room, is left out.
///
/// The outcome goes last: the host takes a record without it as cut off.
pub fn send(mut outcome: Outcome, wanted: &[String]) -> Result<(), String> {
    let mut record = Writer(tar::Builder::new(Cursor::new(map_device(RECORD_SLOT)?)));
    for name in [STDOUT_FILE, STDERR_FILE, FIRST_MODULES_FILE] {
        // Absent if the program was never started.
        if let Ok(bytes) = fs::read(format!("{OUTPUT}/{name}")) {
            record.add(name, &bytes)?;
        }
    }
    record.add(TRACE_FILE, &drain(&format!("{TRACING}/per_cpu/cpu0/trace_pipe_raw"))?)?;
    record.add_file(TRACE_STATS_FILE, &format!("{TRACING}/per_cpu/cpu0/stats"))?;
    record.add_formats()?;
    if matches!(outcome.ended, Ended::NotStarted(_)) {
        record.add_file(EVENTS_FILE, &format!("{TRACING}/available_events"))?;
    }
    record.add(MODULES_FILE, modules()?.as_bytes())?;
    // This removes the modules, so it comes after everything that asks about them.
    if let Some(leaks) = leaks::find()? {
        record.add(LEAKS_FILE, leaks.as_bytes())?;
    }
    for (path, file) in out::wanted(wanted) {
        match record.add_wanted(&file) {
            Err(e) if e.kind() == ErrorKind::WriteZero => outcome.no_room.push(path.clone()),
            // What cannot be read is left out.
            Err(_) | Ok(()) => {}
        }
    }
    let json = serde_json::to_vec(&outcome).map_err(|e| format!("failed to encode: {e}"))?;
    record.add(OUTCOME_FILE, &json)?;
    record.0.into_inner().and_then(|mut end| end.flush()).map_err(|e| e.to_string())
}

/// Tells the host where the trace is in memory, and what it needs to read it there if
/// the record never comes. The record takes the place of this.
pub fn announce(nonce: &str, pages: &[u64]) -> Result<(), String> {
    let mut record = Writer(tar::Builder::new(Cursor::new(map_device(RECORD_SLOT)?)));
    let remains = Remains { nonce: nonce.to_owned(), trace_pages: pages.to_vec() };
    let json = serde_json::to_vec(&remains).map_err(|e| format!("failed to encode: {e}"))?;
    record.add(REMAINS_FILE, &json)?;
    record.add_formats()?;
    // The modules come last, because all the rest is the same when this is written again.
    record.add(MODULES_FILE, modules()?.as_bytes())?;
    record.0.finish().map_err(|e| e.to_string())
}

/// Notes for the record where in memory the modules are that are loaded now.
pub fn note_first_modules() -> Result<(), String> {
    let path = format!("{OUTPUT}/{FIRST_MODULES_FILE}");
    fs::write(&path, modules()?).map_err(|e| format!("failed to write `{path}`: {e}"))
}

/// An archive in the device's memory.
struct Writer(tar::Builder<Cursor<&'static mut [u8]>>);

/// Size of a block of an archive, of which the header is one, bytes.
const BLOCK: usize = 512;

/// What is kept for the outcome, which comes last, bytes.
const LAST: usize = 128 << 10;

impl Writer {
    /// Writes a file or folder to its place in the archive, without a copy in between.
    fn add_wanted(&mut self, wanted: &Wanted<'_>) -> io::Result<()> {
        let archive = self.0.get_mut();
        let start = archive.position() as usize;
        let memory = &mut **archive.get_mut();
        let end = memory.len().saturating_sub(LAST);
        let space = memory.get_mut(start + BLOCK..end).ok_or(ErrorKind::WriteZero)?;
        let mut space = Cursor::new(space);
        wanted.write(&mut space)?;
        let len = space.position();
        // An archive is read to its end by blocks.
        let padding = len.next_multiple_of(BLOCK as u64) - len;
        space.write_all(&[0; BLOCK][..padding as usize])?;
        let mut header = header(len);
        header.set_path(&wanted.name)?;
        header.set_cksum();
        memory[start..start + BLOCK].copy_from_slice(header.as_bytes());
        archive.set_position(start as u64 + BLOCK as u64 + len + padding);
        Ok(())
    }

    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        self.0
            .append_data(&mut header(bytes.len() as u64), name, bytes)
            .map_err(|e| format!("failed to add `{name}` to the record: {e}"))
    }

    fn add_file(&mut self, name: &str, path: &str) -> Result<(), String> {
        let bytes = fs::read(path).map_err(|e| format!("failed to read `{path}`: {e}"))?;
        self.add(name, &bytes)
    }

    fn add_formats(&mut self) -> Result<(), String> {
        for event in traced_events()? {
            let name = format!("{FORMATS_FOLDER}/{event}");
            self.add_file(&name, &format!("{TRACING}/events/{event}/format"))?;
        }
        Ok(())
    }
}

fn header(len: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(len);
    header.set_mode(0o644);
    header
}

/// Reads `trace_pipe_raw` to its end: whole pages, as long as there are any.
fn drain(path: &str) -> Result<Vec<u8>, String> {
    use std::os::unix::fs::OpenOptionsExt;
    let failed = |e| format!("failed to read `{path}`: {e}");
    let mut file = fs::OpenOptions::new()
        .read(true)
        // At the end a blocking read would wait for the next event.
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(path)
        .map_err(failed)?;
    let (mut pages, mut page) = (Vec::new(), [0; 4096]);
    loop {
        match file.read(&mut page) {
            Ok(0) => return Ok(pages),
            Ok(n) => pages.extend_from_slice(&page[..n]),
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => return Ok(pages),
            Err(e) => return Err(failed(e)),
        }
    }
}

/// The events whose format the host needs: those switched on, and those that
/// the tracer itself writes (marks, stacks).
fn traced_events() -> Result<Vec<String>, String> {
    // Marks, stacks, and what kernel code writes with trace_printk and trace_puts.
    const ALWAYS: [&str; 4] =
        ["ftrace/print", "ftrace/kernel_stack", "ftrace/bprint", "ftrace/bputs"];
    let mut events = ALWAYS.map(str::to_owned).to_vec();
    let path = format!("{TRACING}/set_event");
    let text = fs::read_to_string(&path).map_err(|e| format!("failed to read `{path}`: {e}"))?;
    events.extend(text.lines().map(|line| line.replace(':', "/")));
    Ok(events)
}

/// A line `name section address` for each code section of each loaded module:
/// what the host needs to turn addresses into names.
fn modules() -> Result<String, String> {
    let mut lines = String::new();
    let path = "/proc/modules";
    let loaded = fs::read_to_string(path).map_err(|e| format!("failed to read `{path}`: {e}"))?;
    for name in loaded.lines().filter_map(|line| line.split(' ').next()) {
        let path = format!("/sys/module/{name}/sections/.text");
        // A module without code has no such section.
        if let Ok(address) = fs::read_to_string(&path) {
            lines += &format!("{name} .text {}\n", address.trim());
        }
    }
    Ok(lines)
}
