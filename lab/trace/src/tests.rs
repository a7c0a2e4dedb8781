use super::*;

const PRINT: u16 = 5;
const SIGNAL_DELIVER: u16 = 71;
const LOAD: u16 = 900;

const COMMON_FIELDS: &str = "\
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;
";

const SYSTEM_MAP: &str = "\
ffffffff81000000 T do_exit
ffffffff81000100 t tracing_mark_write
ffffffff81000200 T lab_function
ffffffff81000300 B _end
";

/// A record under construction.
#[derive(Default)]
struct Recording {
    data: Vec<u8>,
    events: u64,
}

impl Recording {
    /// Adds an event, 10 ns after the previous one.
    fn event(mut self, id: u16, flags: u8, pid: i32, body: &[u8]) -> Recording {
        let mut payload = id.to_le_bytes().to_vec();
        payload.extend([flags, 0]);
        payload.extend(pid.to_le_bytes());
        payload.extend(body);
        payload.resize(payload.len().next_multiple_of(4), 0);
        let header = (payload.len() as u32 / 4) | 10 << 5;
        self.data.extend(header.to_le_bytes());
        self.data.extend(payload);
        self.events += 1;
        self
    }

    fn mark(self, pid: i32, ip: u64, text: &str) -> Recording {
        let body = [&ip.to_le_bytes(), text.as_bytes(), b"\0"].concat();
        self.event(PRINT, 0, pid, &body)
    }

    fn deliver(self, flags: u8, pid: i32, sig: i32) -> Recording {
        let mut body = sig.to_le_bytes().to_vec();
        body.resize(32, 0);
        self.event(SIGNAL_DELIVER, flags, pid, &body)
    }

    /// Loads the module, with its code at this address.
    fn load(self, address: u64) -> Recording {
        self.event(LOAD, 0, 1, &[&address.to_le_bytes()[..], b"lab_x\0\0\0"].concat())
    }

    fn stack(self, flags: u8, pid: i32, callers: &[u64]) -> Recording {
        let mut body = (callers.len() as u32).to_le_bytes().to_vec();
        body.resize(8, 0);
        body.extend(callers.iter().flat_map(|caller| caller.to_le_bytes()));
        self.event(4, flags, pid, &body)
    }

    fn decode(self) -> Result<Vec<Event>, TraceError> {
        let mut pages = 1_000_u64.to_le_bytes().to_vec();
        pages.extend((self.data.len() as u64).to_le_bytes());
        pages.extend(self.data);
        pages.resize(4096, 0);
        let stats = format!(
            "entries: 0\noverrun: 0\ncommit overrun: 0\ndropped events: 0\nread events: {}\n",
            self.events
        );
        let formats = formats();
        let symbols = Symbols::parse(SYSTEM_MAP).unwrap();
        let modules = BTreeMap::from([("lab_x".to_owned(), module())]);
        decode(&Inputs {
            pages: &pages,
            stats: Some(&stats),
            formats: &formats,
            symbols: &symbols,
            modules: &modules,
        })
    }
}

fn formats() -> BTreeMap<String, String> {
    let format = |name: &str, id: u16, fields: &[&str]| {
        let fields: String = fields.iter().map(|field| format!("\tfield:{field};\n")).collect();
        format!("name: {name}\nID: {id}\n{COMMON_FIELDS}\n{fields}\nprint fmt: \"\"\n")
    };
    let print = ["unsigned long ip;offset:8;size:8", "char buf[];offset:16;size:0"];
    let stack = ["int size;offset:8;size:4", "unsigned long caller[8];offset:16;size:64"];
    let deliver = [
        "int sig;offset:8;size:4;signed:1",
        "int errno;offset:12;size:4;signed:1",
        "int code;offset:16;size:4;signed:1",
        "unsigned long sa_handler;offset:24;size:8",
        "unsigned long sa_flags;offset:32;size:8",
    ];
    let load = ["u64 text;offset:8;size:8", "char name[8];offset:16;size:8"];
    BTreeMap::from([
        ("lab/lab_module".to_owned(), format("lab_module", LOAD, &load)),
        ("ftrace/print".to_owned(), format("print", PRINT, &print)),
        ("ftrace/kernel_stack".to_owned(), format("kernel_stack", 4, &stack)),
        ("signal/signal_deliver".to_owned(), format("signal_deliver", SIGNAL_DELIVER, &deliver)),
    ])
}

/// A module with a function at 0x10 of its `.text`, which follows 0x20 bytes of other
/// code, and with init code that is loaded somewhere else.
fn module() -> Vec<u8> {
    use object::write::{Object, StandardSection, Symbol, SymbolSection};
    use object::{
        Architecture, BinaryFormat, Endianness, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
    };
    let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    for (name, len) in [(".init.text", 0x40), (".noinstr.text", 0x1c)] {
        let section = object.add_section(Vec::new(), name.into(), SectionKind::Text);
        object.append_section_data(section, &vec![0; len], 16);
    }
    let text = object.section_id(StandardSection::Text);
    object.append_section_data(text, &[0; 0x80], 16);
    object.add_symbol(Symbol {
        name: b"lab_x_isr".to_vec(),
        value: 0x10,
        size: 0,
        kind: SymbolKind::Text,
        scope: SymbolScope::Compilation,
        weak: false,
        section: SymbolSection::Section(text),
        flags: SymbolFlags::None,
    });
    object.write().unwrap()
}

fn stacks(events: &[Event]) -> Vec<Vec<&str>> {
    events.iter().map(|event| event.stack.iter().map(Frame::name).collect()).collect()
}

const HARDIRQ: u8 = 0x08;

#[test]
fn the_context_is_the_innermost() {
    for (flags, context) in [
        (0x00, Context::Process),
        (0x01, Context::Process),
        (0x80, Context::Process),
        (0x10, Context::Softirq),
        (0x18, Context::Hardirq),
        (0x58, Context::Nmi),
    ] {
        let events = Recording::default().deliver(flags, 7, 17).decode().unwrap();
        assert_eq!((events[0].pid, events[0].context), (7, context), "{flags:#x}");
        assert_eq!(events[0].time_ns, 1_010);
    }
}

#[test]
fn a_modules_address_belongs_to_a_moment() {
    let (here, there) = (0xffff_ffff_a000_0000, 0xffff_ffff_a000_1000);
    let isr = |base: u64| base + 0x20 + 0x18;
    let both = [isr(here), isr(there)];
    let events = Recording::default()
        .deliver(0, 31, 17)
        .stack(0, 31, &both)
        .load(here)
        .deliver(0, 31, 17)
        .stack(0, 31, &both)
        .load(there)
        .deliver(0, 31, 17)
        .stack(0, 31, &both)
        .decode()
        .unwrap();
    let none: Vec<&str> = Vec::new();
    assert_eq!(
        stacks(&events),
        [vec!["?", "?"], none.clone(), vec!["lab_x_isr", "?"], none, vec!["?", "lab_x_isr"]]
    );
}

#[test]
fn only_trace_marker_speaks_for_programs() {
    let events = Recording::default()
        .mark(31, 0xffff_ffff_8100_0180, "one\n")
        .mark(31, 0xffff_ffff_8100_0210, "two")
        .mark(31, 0x1000, "three")
        .decode()
        .unwrap();
    let kinds: Vec<&Kind> = events.iter().map(|event| &event.kind).collect();
    let function = Some("lab_function".to_owned());
    assert_eq!(
        kinds,
        [
            &Kind::Mark(Mark::read("one")),
            &Kind::KernelMark { function, text: "two".to_owned() },
            &Kind::KernelMark { function: None, text: "three".to_owned() },
        ]
    );
}

#[test]
fn a_stack_belongs_to_the_event_before_it() {
    let events = Recording::default()
        .deliver(0, 31, 17)
        .deliver(0, 31, 18)
        .stack(0, 31, &[0xffff_ffff_8100_0010, 0xffff_ffff_8100_0300])
        .decode()
        .unwrap();
    assert_eq!(stacks(&events), [vec![], vec!["do_exit", "lab_function"]]);
}

#[test]
fn an_interrupt_between_event_and_stack_has_its_own() {
    let events = Recording::default()
        .deliver(0, 31, 17)
        .deliver(HARDIRQ, 31, 18)
        .stack(HARDIRQ, 31, &[0xffff_ffff_8100_0210])
        .stack(0, 31, &[0xffff_ffff_8100_0010])
        .decode()
        .unwrap();
    assert_eq!(stacks(&events), [vec!["do_exit"], vec!["lab_function"]]);
}

#[test]
fn a_stack_without_an_event_is_refused() {
    let of_another = Recording::default().deliver(0, 31, 17).stack(0, 32, &[1]).decode();
    assert_eq!(of_another, Err(TraceError::OrphanStack { pid: 32 }));
    let second = Recording::default().deliver(0, 31, 17).stack(0, 31, &[1]).stack(0, 31, &[1]);
    assert_eq!(second.decode(), Err(TraceError::OrphanStack { pid: 31 }));
}

#[test]
fn what_is_cut_off_is_refused() {
    let deliver = Recording::default().event(SIGNAL_DELIVER, 0, 31, &[0; 4]).decode().unwrap_err();
    let message = "failed to read `errno` of a `signal_deliver` event: it is cut off";
    assert_eq!(deliver.to_string(), message);
    let stack = Recording::default().deliver(0, 31, 17).event(4, 0, 31, &[9, 0, 0, 0, 0, 0, 0, 0]);
    let message = "failed to read `caller` of a `kernel_stack` event: it is cut off";
    assert_eq!(stack.decode().unwrap_err().to_string(), message);
}

#[test]
fn a_field_that_another_kernel_renamed_is_refused() {
    let error = Event::new("sched_waking", Fields::new(), &Symbols::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to read `comm` of a `sched_waking` event: the kernel's event has no such field"
    );
}
