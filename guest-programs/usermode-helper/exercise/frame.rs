//! Says in a line why a process has died.
//!
//! Usage: main %P %p %s < CORE
// region: unused
// endregion

use std::error::Error;
// region: imports
use std::fs::read_link;
use std::io::{Read, stdin};
// endregion

use nix::sys::signal::Signal;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The registers of a thread: a `struct elf_prstatus` (linux/elfcore.h).
const NT_PRSTATUS: u32 = 1;
/// The siginfo of the signal that has killed the process.
const NT_SIGINFO: u32 = 0x5349_4749;

/// Where a `struct elf_prstatus` has the address of the thread's next instruction.
const RIP: usize = 240;
/// Where a siginfo of a fault has the address.
const SI_ADDR: usize = 16;

fn main() -> Result<()> {
    let arguments: Vec<i32> = std::env::args().skip(1).flat_map(|number| number.parse()).collect();
    let [outside, inside, signal] = arguments[..] else {
        return Err("usage: main %P %p %s".into());
    };
    println!("{}", report(outside, inside, Signal::try_from(signal)?)?);
    Ok(())
}

/// The line about a process: its pid outside and inside of its namespace, and the signal
/// that has killed it.
fn report(outside: i32, inside: i32, signal: Signal) -> Result<String> {
    // region: report
    // region: pid
    // region: solution
    // %p is the pid that the process itself knows, and this program runs outside.
    // endregion
    let _ = inside;
    let pid = outside;
    // endregion
    // region: read
    // region: solution
    // The process waits for as long as there is something to read, and no longer.
    // endregion
    let directory = read_link(format!("/proc/{pid}/cwd"))?;
    let mut core = Vec::new();
    stdin().read_to_end(&mut core)?;
    // endregion
    let notes = notes(&core)?;
    // region: status
    // region: solution
    // The first is the thread that has died.
    // endregion
    let status = notes.iter().find(|note| note.kind == NT_PRSTATUS);
    // endregion
    let status = status.ok_or("the core has no registers")?;
    let info = notes.iter().find(|note| note.kind == NT_SIGINFO).ok_or("it has no siginfo")?;
    let directory = directory.display();
    // region: sent
    // region: solution
    // What a process sends has a sender in place of the address.
    // endregion
    if code(info)? <= 0 {
        return Ok(format!("{directory}: {signal}, sent by a process"));
    }
    // endregion
    let (address, instruction) = (number(info, SI_ADDR)?, number(status, RIP)?);
    Ok(format!("{directory}: {signal} at {address:#x}, instruction {instruction:#x}"))
    // endregion
}

/// A note of a core.
struct Note<'a> {
    kind: u32,
    data: &'a [u8],
}

/// The notes of a core, in their order: each thread's begin with its NT_PRSTATUS.
fn notes(core: &[u8]) -> Result<Vec<Note<'_>>> {
    // The file's header and the table of its segments, as in elf(5).
    const PT_NOTE: u32 = 4;
    const SEGMENT: usize = 56;
    if !core.starts_with(b"\x7fELF") {
        return Err("this is no core".into());
    }
    let (table, count) = (read(core, 32)? as usize, u16::from_le_bytes(bytes(core, 56)?));
    let mut notes = Vec::new();
    for segment in 0..usize::from(count) {
        let at = table + segment * SEGMENT;
        if u32::from_le_bytes(bytes(core, at)?) != PT_NOTE {
            continue;
        }
        let (start, len) = (read(core, at + 8)? as usize, read(core, at + 32)? as usize);
        let mut rest = core.get(start..start + len).ok_or(CUT)?;
        while !rest.is_empty() {
            let [name, len, kind] =
                [0, 4, 8].map(|at| bytes(rest, at).map_or(0, u32::from_le_bytes));
            // The name and the data are filled up to a multiple of 4 bytes.
            let data = 12 + (name as usize).next_multiple_of(4);
            let end = data + len as usize;
            notes.push(Note { kind, data: rest.get(data..end).ok_or(CUT)? });
            rest = rest.get(end.next_multiple_of(4)..).unwrap_or_default();
        }
    }
    Ok(notes)
}

/// The si_code of a siginfo.
fn code(info: &Note<'_>) -> Result<i32> {
    Ok(i32::from_le_bytes(bytes(info.data, 8)?))
}

/// The number of 64 bits at this place of a note.
fn number(note: &Note<'_>, at: usize) -> Result<u64> {
    read(note.data, at)
}

fn read(data: &[u8], at: usize) -> Result<u64> {
    Ok(u64::from_le_bytes(bytes(data, at)?))
}

fn bytes<const N: usize>(data: &[u8], at: usize) -> Result<[u8; N]> {
    Ok(data.get(at..).and_then(<[u8]>::first_chunk).copied().ok_or(CUT)?)
}

const CUT: &str = "the core is cut off";
