//! Turns addresses in the kernel and its modules into function names.
//!
//! The kernel runs without address randomisation (`nokaslr`), so `System.map` has the
//! real addresses of its functions.

use std::fmt::Write;

use object::elf::SHF_EXECINSTR;
use object::{Object, ObjectSection, ObjectSymbol, SectionFlags, SymbolKind};

use super::TraceError;

/// The function at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// The function's name, without compiler suffixes such as `.part.0`.
    pub name: String,
    /// Offset from the start of the function, bytes.
    pub offset: u64,
    /// The function's module, or `None` for the kernel itself.
    pub module: Option<String>,
}

/// All known functions.
#[derive(Debug, Clone, Default)]
pub struct Symbols {
    /// Sorted by address, each address once.
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    address: u64,
    /// `None` means that the code ends here.
    function: Option<Function>,
}

#[derive(Debug, Clone)]
struct Function {
    name: String,
    module: Option<String>,
}

impl Symbols {
    /// Parses `System.map`: one line `address type name` per symbol, as nm(1) prints it.
    /// The last symbol has no end. In a kernel it is `_end`, which is not a function.
    ///
    /// # Errors
    /// [`TraceError::Symbols`] with the first malformed line.
    pub fn parse(system_map: &str) -> Result<Symbols, TraceError> {
        let mut lines = Vec::new();
        for line in system_map.lines() {
            let failed = || TraceError::Symbols { line: line.to_owned() };
            lines.push(parse(line).ok_or_else(failed)?);
        }
        // If an address has several names, the best one sorts first and is kept.
        lines.sort_by(|(address, kind, name), (other, other_kind, other_name)| {
            let best = || (rank(kind, name), name).cmp(&(rank(other_kind, other_name), other_name));
            address.cmp(other).then_with(best)
        });
        lines.dedup_by_key(|(address, ..)| *address);
        let entry = |(address, kind, name): (u64, &str, &str)| {
            let is_code = matches!(kind, "t" | "T" | "w" | "W");
            let function = is_code.then(|| Function { name: plain(name), module: None });
            Entry { address, function }
        };
        Ok(Symbols { entries: lines.into_iter().map(entry).collect() })
    }

    /// Adds the functions in a module's `.text`, which is loaded at `text_address`.
    /// Forgets where the module was before and what was at its new place. `elf` is the
    /// module's `.ko`.
    ///
    /// # Errors
    /// [`TraceError::Module`] if `elf` is not an object file with a `.text`.
    pub fn add_module(
        &mut self,
        name: &str,
        text_address: u64,
        elf: &[u8],
    ) -> Result<(), TraceError> {
        let failed = |reason: String| TraceError::Module { name: name.to_owned(), reason };
        let file = object::File::parse(elf).map_err(|e| failed(e.to_string()))?;
        let text = file
            .section_by_name(".text")
            .ok_or_else(|| failed("it has no section `.text`".to_owned()))?;
        let end = text_address.wrapping_add(text.size());
        self.entries.retain(|entry| {
            let module = entry.function.as_ref().and_then(|function| function.module.as_deref());
            module != Some(name) && !(text_address..end).contains(&entry.address)
        });
        for symbol in file.symbols() {
            if symbol.kind() != SymbolKind::Text || symbol.section_index() != Some(text.index()) {
                continue;
            }
            let symbol_name = symbol.name().map_err(|e| failed(e.to_string()))?;
            if symbol_name.len() >= LONGEST {
                return Err(failed("it has a name that the kernel would cut off".to_owned()));
            }
            let function = Function { name: plain(symbol_name), module: Some(name.to_owned()) };
            let address = text_address.wrapping_add(symbol.address());
            self.entries.push(Entry { address, function: Some(function) });
        }
        self.entries.push(Entry { address: end, function: None });
        // The sort is stable, so a function stays before the end of another module.
        self.entries.sort_by_key(|entry| (entry.address, entry.function.is_none()));
        self.entries.dedup_by_key(|entry| entry.address);
        Ok(())
    }

    /// Like `add_module`, for a module whose code starts at `code_address`.
    ///
    /// # Errors
    /// The same as of [`Symbols::add_module`].
    pub fn load_module(
        &mut self,
        name: &str,
        code_address: u64,
        elf: &[u8],
    ) -> Result<(), TraceError> {
        let failed = |reason: String| TraceError::Module { name: name.to_owned(), reason };
        let file = object::File::parse(elf).map_err(|e| failed(e.to_string()))?;
        self.add_module(name, code_address.wrapping_add(text_offset(&file)), elf)
    }

    /// The functions as in /proc/kallsyms: one line `address t name` each, with the module
    /// in brackets behind it. Where code ends, there is a line with the name `?`, because a
    /// reader takes a function to last until the next one.
    pub fn kallsyms(&self) -> String {
        let mut text = String::new();
        let first = self.entries.iter().position(|entry| entry.function.is_some());
        let mut in_code = false;
        for Entry { address, function } in self.entries.iter().skip(first.unwrap_or_default()) {
            let was_in_code = std::mem::replace(&mut in_code, function.is_some());
            let _ = match function {
                Some(Function { name, module: None }) => writeln!(text, "{address:016x} t {name}"),
                Some(Function { name, module: Some(module) }) => {
                    writeln!(text, "{address:016x} t {name}\t[{module}]")
                }
                None if was_in_code => writeln!(text, "{address:016x} t ?"),
                None => Ok(()),
            };
        }
        text
    }

    /// The names of all functions.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| Some(entry.function.as_ref()?.name.as_str()))
    }

    /// The function that contains an address, or `None` if there is none.
    pub fn name(&self, address: u64) -> Option<Symbol> {
        let after = self.entries.partition_point(|entry| entry.address <= address);
        let entry = &self.entries[after.checked_sub(1)?];
        let function = entry.function.as_ref()?;
        Some(Symbol {
            name: function.name.clone(),
            offset: address - entry.address,
            module: function.module.clone(),
        })
    }

    /// The function that contains the call which returns to `address`.
    ///
    /// A function may end with a call that never returns, as `do_group_exit` ends with
    /// `do_exit`. The address after that call is in the next function.
    pub fn caller(&self, address: u64) -> Option<Symbol> {
        let symbol = self.name(address.checked_sub(1)?)?;
        Some(Symbol { offset: symbol.offset + 1, ..symbol })
    }
}

/// The limit for a name including its NUL, bytes: `KSYM_NAME_LEN`,
/// include/linux/kallsyms.h. It bounds memory, because every stack frame has a copy of
/// the name.
const LONGEST: usize = 512;

/// The offset of `.text` in a module's code: it follows the code sections that come
/// before it in the file (`__layout_sections`, kernel/module/main.c). Code that is only
/// for init is somewhere else.
fn text_offset(file: &object::File<'_>) -> u64 {
    let is_code = |section: &object::Section<'_, '_>| {
        let executable = matches!(section.flags(), SectionFlags::Elf { sh_flags }
            if sh_flags & u64::from(SHF_EXECINSTR) != 0);
        executable && !section.name().is_ok_and(|name| name.starts_with(".init"))
    };
    let mut end = 0_u64;
    for section in file.sections().filter(is_code) {
        let start = end.checked_next_multiple_of(section.align().max(1)).unwrap_or(end);
        if section.name() == Ok(".text") {
            return start;
        }
        end = start.wrapping_add(section.size());
    }
    0
}

/// The address, type and name that a line of `System.map` has.
fn parse(line: &str) -> Option<(u64, &str, &str)> {
    let mut words = line.split_ascii_whitespace();
    let address = u64::from_str_radix(words.next()?, 16).ok()?;
    Some((address, words.next()?, words.next()?))
}

/// Ranks the names of one address. The lowest is the best.
fn rank(kind: &str, name: &str) -> u8 {
    let bounds = ["_text", "_stext", "_sinittext"].contains(&name)
        || name.ends_with("text_start")
        || name.ends_with("text_end");
    // A syscall's entry points without arguments are one function with three names.
    let variant = ["__ia32_", "__do_sys_", "__do_compat_sys_"].iter().any(|p| name.starts_with(p));
    match kind {
        _ if bounds => 3,
        _ if variant => 2,
        "t" => 1,
        _ => 0,
    }
}

fn plain(name: &str) -> String {
    name.split('.').next().filter(|s| !s.is_empty()).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "\
0000000000000000 D __per_cpu_start
ffffffff81000000 T _stext
ffffffff81000000 T _text
ffffffff81000000 t pvh_start
ffffffff81000100 T __ia32_sys_pause
ffffffff81000100 t __do_sys_pause
ffffffff81000100 T __x64_sys_pause
ffffffff81000140 t do_wait.part.0
ffffffff81000200 T _etext
ffffffff81001000 D jiffies
";

    fn name(symbols: &Symbols, address: u64) -> Option<(String, u64)> {
        symbols.name(address).map(|symbol| (symbol.name, symbol.offset))
    }

    #[test]
    fn the_function_before_an_address_is_meant() {
        let symbols = Symbols::parse(MAP).unwrap();
        assert_eq!(name(&symbols, 0xffff_ffff_8100_0000), Some(("pvh_start".into(), 0)));
        assert_eq!(name(&symbols, 0xffff_ffff_8100_0110), Some(("__x64_sys_pause".into(), 0x10)));
        assert_eq!(name(&symbols, 0xffff_ffff_8100_0150), Some(("do_wait".into(), 0x10)));
    }

    #[test]
    fn data_and_the_unknown_have_no_name() {
        let symbols = Symbols::parse(MAP).unwrap();
        assert_eq!(name(&symbols, 0xffff_ffff_8100_1004), None);
        assert_eq!(name(&symbols, 0x4000), None);
        assert_eq!(name(&Symbols::default(), 0x4000), None);
    }

    #[test]
    fn a_return_address_belongs_to_the_call_before_it() {
        let symbols = Symbols::parse(MAP).unwrap();
        let symbol = symbols.caller(0xffff_ffff_8100_0140).unwrap();
        assert_eq!((symbol.name.as_str(), symbol.offset), ("__x64_sys_pause", 0x40));
    }

    #[test]
    fn kallsyms_has_functions_and_where_code_ends() {
        let lines = "\
ffffffff81000000 t pvh_start
ffffffff81000100 t __x64_sys_pause
ffffffff81000140 t do_wait
ffffffff81000200 t _etext
ffffffff81001000 t ?
";
        assert_eq!(Symbols::parse(MAP).unwrap().kallsyms(), lines);
    }

    #[test]
    fn broken_lines_are_refused() {
        let error = Symbols::parse("ffffffff81000000 T _text\nnonsense\n").unwrap_err();
        assert_eq!(error.to_string(), "failed to parse a line of System.map: `nonsense`");
        assert!(Symbols::parse("ffffffff81000000 T \n").is_err(), "it has no name");
    }

    #[test]
    fn a_module_that_is_none_is_refused() {
        let error = Symbols::default().add_module("lab_edu", 0, b"text").unwrap_err();
        let message = "failed to read the symbols of module `lab_edu`: ";
        assert!(error.to_string().starts_with(message), "{error}");
    }
}
