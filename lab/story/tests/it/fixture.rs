//! The records in `tests/fixtures`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use object::write::{Object, StandardSection, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
};
use story::timeline::{Birth, Entry, Timeline};
use trace::{Inputs, Kind, Symbols, TraceError, decode};

/// The parts of a record that make up a trace.
pub struct Fixture {
    pages: Vec<u8>,
    pub stats: String,
    pub formats: BTreeMap<String, String>,
    symbols: Symbols,
}

impl Fixture {
    pub fn read(name: &str) -> Fixture {
        let folder = folder().join(name);
        let mut formats = BTreeMap::new();
        for system in fs::read_dir(folder.join("formats")).unwrap() {
            for event in fs::read_dir(system.unwrap().path()).unwrap() {
                let path = event.unwrap().path();
                let event = path.strip_prefix(folder.join("formats")).unwrap();
                formats.insert(event.to_str().unwrap().to_owned(), text(&path));
            }
        }
        Fixture {
            pages: fs::read(folder.join("cpu0")).unwrap(),
            stats: text(&folder.join("cpu0.stats")),
            formats,
            symbols: Symbols::parse(&text(&self::folder().join("System.map"))).unwrap(),
        }
    }

    pub fn decode(&self) -> Result<Timeline, TraceError> {
        let Fixture { pages, stats, formats, symbols } = self;
        let (stats, modules) = (Some(stats.as_str()), &BTreeMap::new());
        Ok(Timeline::new(&decode(&Inputs { pages, stats, formats, symbols, modules })?))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// A record of before the lab recorded task_newtask, with the births that a lesson's
/// record has.
pub fn with_births(mut timeline: Timeline) -> Timeline {
    let birth = |entry: &Entry| match entry.kind {
        Kind::Fork { parent_pid: parent, child_pid: pid, .. } => {
            Some(Birth { time_ns: entry.time_ns, parent, pid, thread: false })
        }
        _ => None,
    };
    timeline.births = timeline.entries.iter().filter_map(birth).collect();
    timeline
}

/// The record `sigchld`, all of it.
pub fn sigchld() -> Timeline {
    Fixture::read("sigchld").decode().unwrap()
}

/// The record `kill-pid`, all of it.
pub fn kill_pid() -> Timeline {
    let mut fixture = Fixture::read("kill-pid");
    // Where the module was loaded, and the functions in its object file.
    let functions = [("lab_kill_pid_ioctl", 0x2c8), ("lab_kill_pid_isr", 0x650)];
    let elf = module(&functions, 0x713);
    fixture.symbols.add_module("lab_kill_pid", 0xffff_ffff_a000_6000, &elf).unwrap();
    fixture.decode().unwrap()
}

/// A relocatable object with these functions in its `.text` and one function in another
/// section.
fn module(functions: &[(&str, u64)], text_len: usize) -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let text = object.section_id(StandardSection::Text);
    object.append_section_data(text, &vec![0; text_len], 16);
    let init = object.add_section(Vec::new(), b".init.text".to_vec(), SectionKind::Text);
    object.append_section_data(init, &vec![0; text_len], 16);
    let others = [("lab_kill_pid_init", 0x660, init)];
    let functions = functions.iter().map(|(name, value)| (*name, *value, text));
    for (name, value, section) in functions.chain(others) {
        object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value,
            size: 0,
            kind: SymbolKind::Text,
            scope: SymbolScope::Compilation,
            weak: false,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        });
    }
    object.write().unwrap()
}
