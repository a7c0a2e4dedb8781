//! What an ELF file says about how it is loaded. The file is read and never run, because
//! it may be a stranger's.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::read::{ReadCache, ReadRef};
use object::{Endianness, elf};

/// The maximum size of a section, bytes. Linkers never need more, and without a limit a
/// small file could make the lab use all memory.
const SECTION_BYTES_MAX: u64 = 1 << 20;
const ENTRIES_MAX: usize = 2048;
/// The maximum length of a path, like the kernel's `PATH_MAX`.
const STRING_BYTES_MAX: u64 = 4096;

/// An executable or a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    pub machine: Machine,
    /// The dynamic linker that the kernel starts instead of the program.
    pub interpreter: Option<String>,
    /// The name under which other objects need this library.
    pub soname: Option<String>,
    /// The libraries that it needs, as names or paths.
    pub needed: Vec<Needed>,
    pub rpath: Option<String>,
    pub runpath: Option<String>,
    /// Whether the linker's own folders are not searched (`-z nodefaultlib`).
    pub no_default_folders: bool,
}

/// A library that another object needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    pub name: String,
    /// Whether it may be missing (`DT_AUXILIARY`).
    pub optional: bool,
}

/// The machine that a file's instructions are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    X86_64,
    I386,
}

/// Why a file cannot be loaded.
#[derive(Debug)]
pub enum NoImage {
    Unreadable(io::Error),
    /// It is not a program or library, or it is damaged.
    NotElf,
    /// It is for another machine.
    Foreign(String),
}

impl Image {
    /// Reads the file's headers and dynamic section.
    pub fn read(path: &Path) -> Result<Image, NoImage> {
        let mut file = open(path).map_err(NoImage::Unreadable)?;
        let mut magic = [0; 5];
        let is_elf = file.read_exact(&mut magic).is_ok() && magic[..4] == elf::ELFMAG;
        file.rewind().map_err(NoImage::Unreadable)?;
        let data = ReadCache::new(file);
        match magic[4] {
            elf::ELFCLASS64 if is_elf => parse::<elf::FileHeader64<Endianness>, _>(&data),
            elf::ELFCLASS32 if is_elf => parse::<elf::FileHeader32<Endianness>, _>(&data),
            _ => Err(NoImage::NotElf),
        }
    }
}

/// Opens a regular file, and nothing that could block its reader.
pub fn open(path: &Path) -> io::Result<File> {
    match path.metadata()?.is_file() {
        true => File::open(path),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")),
    }
}

fn parse<'data, H: FileHeader<Endian = Endianness>, R: ReadRef<'data>>(
    data: R,
) -> Result<Image, NoImage> {
    let damaged = |_| NoImage::NotElf;
    let header = H::parse(data).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    let machine = match (header.e_machine(endian), header.is_class_64()) {
        (elf::EM_X86_64, true) => Machine::X86_64,
        (elf::EM_386, false) => Machine::I386,
        (other, _) => return Err(NoImage::Foreign(machine_name(other))),
    };
    // The type of a position-independent executable is that of a dynamic object.
    if !matches!(header.e_type(endian), elf::ET_EXEC | elf::ET_DYN) {
        return Err(NoImage::NotElf);
    }
    let mut image = Image {
        machine,
        interpreter: None,
        soname: None,
        needed: Vec::new(),
        rpath: None,
        runpath: None,
        no_default_folders: false,
    };
    // Like the kernel, this accepts no more headers than the field can count.
    if header.e_phnum(endian) == elf::PN_XNUM {
        return Err(NoImage::NotElf);
    }
    let segments = header.program_headers(endian, data).map_err(damaged)?;
    for segment in segments {
        let is_read = matches!(segment.p_type(endian), elf::PT_INTERP | elf::PT_DYNAMIC);
        if is_read && segment.p_filesz(endian).into() > SECTION_BYTES_MAX {
            return Err(NoImage::NotElf);
        }
        if let Some(interpreter) = segment.interpreter(endian, data).map_err(damaged)? {
            image.interpreter = Some(String::from_utf8_lossy(interpreter).into_owned());
        }
        if let Some(entries) = segment.dynamic(endian, data).map_err(damaged)? {
            image.read_dynamic::<H, R>(endian, data, segments, entries).ok_or(NoImage::NotElf)?;
        }
    }
    Ok(image)
}

impl Image {
    /// Reads the dynamic section. Returns `None` if it is damaged.
    fn read_dynamic<'data, H: FileHeader, R: ReadRef<'data>>(
        &mut self,
        endian: H::Endian,
        data: R,
        segments: &[H::ProgramHeader],
        entries: &[H::Dyn],
    ) -> Option<()> {
        let entries: Vec<(u64, u64)> = entries
            .iter()
            .take(ENTRIES_MAX)
            .map(|entry| (entry.d_tag(endian).into(), entry.d_val(endian).into()))
            .take_while(|&(tag, _)| tag != u64::from(elf::DT_NULL))
            .collect();
        let last = |wanted: u32| {
            entries
                .iter()
                .rev()
                .find(|&&(tag, _)| tag == u64::from(wanted))
                .map(|&(_, value)| value)
        };
        let Some(address) = last(elf::DT_STRTAB) else { return Some(()) };
        // The bytes at this address once the file is loaded.
        let start = segments.iter().find_map(|segment| {
            let (from, len) = (segment.p_vaddr(endian).into(), segment.p_filesz(endian).into());
            let within = address.checked_sub(from).filter(|&within| within < len)?;
            let is_loaded = segment.p_type(endian) == elf::PT_LOAD;
            is_loaded.then(|| within.checked_add(segment.p_offset(endian).into()))?
        })?;
        let end = start.checked_add(last(elf::DT_STRSZ)?)?;
        let string = |offset: u64| {
            let from = start.checked_add(offset)?;
            let len = end.checked_sub(from)?.min(STRING_BYTES_MAX);
            let bytes = data.read_bytes_at(from, len).ok()?;
            let len = bytes.iter().position(|&byte| byte == 0)?;
            Some(String::from_utf8_lossy(&bytes[..len]).into_owned())
        };
        for &(tag, value) in &entries {
            match u32::try_from(tag) {
                Ok(elf::DT_NEEDED | elf::DT_FILTER) => {
                    self.needed.push(Needed { name: string(value)?, optional: false });
                }
                Ok(elf::DT_AUXILIARY) => {
                    self.needed.push(Needed { name: string(value)?, optional: true });
                }
                Ok(elf::DT_SONAME) => self.soname = Some(string(value)?),
                Ok(elf::DT_RPATH) => self.rpath = Some(string(value)?),
                Ok(elf::DT_RUNPATH) => self.runpath = Some(string(value)?),
                Ok(elf::DT_FLAGS_1) => {
                    self.no_default_folders = value & u64::from(elf::DF_1_NODEFLIB) != 0;
                }
                _ => {}
            }
        }
        Some(())
    }
}

/// The usual name of another machine.
fn machine_name(number: u16) -> String {
    match number {
        elf::EM_AARCH64 => "Aarch64".to_owned(),
        elf::EM_ARM => "Arm".to_owned(),
        elf::EM_RISCV => "RISC-V".to_owned(),
        elf::EM_PPC64 => "PowerPC64".to_owned(),
        elf::EM_S390 => "S390x".to_owned(),
        elf::EM_X86_64 => "x32".to_owned(),
        other => format!("machine {other} of ELF"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_test_is_a_dynamic_program() {
        let image = Image::read(&std::env::current_exe().unwrap()).unwrap();
        assert_eq!(image.machine, Machine::X86_64);
        assert_eq!(image.interpreter.as_deref(), Some("/lib64/ld-linux-x86-64.so.2"));
        assert!(image.needed.iter().any(|needed| needed.name.starts_with("libc.so")));
    }

    #[test]
    fn damage_is_no_panic() {
        let whole = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let head = &whole[..0x1000];
        let file = tempfile::NamedTempFile::new().unwrap();
        let read = |bytes: &[u8]| {
            std::fs::write(file.path(), bytes).unwrap();
            Image::read(file.path())
        };
        for len in (0..head.len()).step_by(31) {
            assert!(matches!(read(&head[..len]), Err(NoImage::NotElf)), "{len}");
        }
        // Each byte of the headers is changed. Whatever the file then says, reading it
        // must not panic.
        for place in 0..0x400 {
            let mut bytes = head.to_vec();
            bytes[place] = 0xff;
            let _ = read(&bytes);
        }
    }

    #[test]
    fn what_is_no_file_is_not_opened() {
        assert!(matches!(Image::read(Path::new("/dev/zero")), Err(NoImage::Unreadable(_))));
    }
}
