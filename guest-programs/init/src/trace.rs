//! The kernel's trace: switched on before the program, read out after it.
//!
//! The ring buffer leaves the machine as it is, binary. Its text form would
//! cost time and could be forged: a mark may contain a newline.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use protocol::{Job, Marks, TraceEvent};

/// The trace file system.
pub const TRACING: &str = "/sys/kernel/tracing";

/// Sets the buffer's size and whose marks it takes. Nothing is recorded yet.
pub fn prepare(job: &Job) -> Result<(), String> {
    switch(false)?;
    write("buffer_size_kb", &job.trace_buffer_kib.to_string())?;
    // A full buffer drops the events that come last, because the start of a lesson
    // explains its end, not the other way round. The host learns how many.
    write("options/overwrite", "0")?;
    match job.marks {
        Marks::Anyone => open_to_everyone(),
        Marks::Root => Ok(()),
    }
}

/// Switches events on, with their filters and stack traces, and returns those that the
/// kernel does not have.
pub fn enable(events: Vec<&TraceEvent>) -> Result<Vec<&TraceEvent>, String> {
    let mut missing = Vec::new();
    for wanted in events {
        let Some(name) = full_name(&wanted.event)? else {
            missing.push(wanted);
            continue;
        };
        let folder = format!("events/{name}");
        if !wanted.filter.is_empty() {
            filter(&format!("{folder}/filter"), wanted)?;
        }
        if wanted.stack {
            let trigger = match wanted.filter.as_str() {
                "" => "stacktrace".to_owned(),
                filter => format!("stacktrace if {filter}"),
            };
            write(&format!("{folder}/trigger"), &trigger)?;
        }
        write(&format!("{folder}/enable"), "1")?;
    }
    Ok(missing)
}

fn filter(file: &str, wanted: &TraceEvent) -> Result<(), String> {
    write(file, &wanted.filter).map_err(|error| {
        // What the kernel did not understand, with a sign below the place. It gives that
        // in a single read (`event_filter_read`, kernel/trace/trace_events.c).
        let mut page = [0; 4096];
        match File::open(format!("{TRACING}/{file}")).and_then(|mut file| file.read(&mut page)) {
            Ok(len) => {
                let explanation = String::from_utf8_lossy(&page[..len]);
                format!("{}\n{explanation}", wanted.has_bad_filter())
            }
            Err(_) => error,
        }
    })
}

/// A program that runs as another user must be able to leave its marks.
fn open_to_everyone() -> Result<(), String> {
    for (path, mode) in [("", 0o755), ("trace_marker", 0o222)] {
        use std::os::unix::fs::PermissionsExt;
        let path = format!("{TRACING}/{path}");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))
            .map_err(|e| format!("failed to open `{path}` to every user: {e}"))?;
    }
    Ok(())
}

/// An event's name with its system, which a person may leave out: `system/name`. `None`
/// if the kernel has no such event.
fn full_name(event: &str) -> Result<Option<String>, String> {
    if event.contains('/') {
        let exists = Path::new(TRACING).join("events").join(event).exists();
        return Ok(exists.then(|| event.to_owned()));
    }
    let path = format!("{TRACING}/available_events");
    let all = fs::read_to_string(&path).map_err(|e| format!("failed to read `{path}`: {e}"))?;
    let line = all.lines().find(|line| line.split_once(':').is_some_and(|(_, name)| name == event));
    Ok(line.map(|line| line.replace(':', "/")))
}

/// Starts or stops recording.
pub fn switch(on: bool) -> Result<(), String> {
    write("tracing_on", if on { "1" } else { "0" })
}

fn write(file: &str, text: &str) -> Result<(), String> {
    let path = format!("{TRACING}/{file}");
    fs::write(&path, text).map_err(|e| format!("failed to write `{text}` to `{path}`: {e}"))
}
