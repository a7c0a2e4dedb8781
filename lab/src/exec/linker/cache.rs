//! `/etc/ld.so.cache`: the libraries that ldconfig(8) found.
//!
//! The format is glibc's own (`sysdeps/generic/dl-cache.h`): a header, entries of 24
//! bytes, and their strings, all in the host's byte order. Caches from before glibc 2.32
//! have the same data after an older header.

use std::io::Read;
use std::path::Path;

use crate::exec::elf::{Machine, open};

/// Larger than any real cache: a distribution's is some 100 KiB.
const BYTES_MAX: u64 = 64 << 20;

const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const HEADER: usize = 48;
const ENTRY: usize = 24;

const OLD_MAGIC: &[u8] = b"ld.so-1.7.0";
const OLD_HEADER: usize = 16;
const OLD_ENTRY: usize = 12;

/// The libraries in a cache. Empty if there is no cache.
#[derive(Debug, Default)]
pub struct LinkerCache {
    bytes: Vec<u8>,
}

impl LinkerCache {
    /// Reads a cache. A malformed file counts as empty, as it does for the linker.
    pub fn read(path: &Path) -> LinkerCache {
        let mut bytes = Vec::new();
        let read = open(path).and_then(|file| file.take(BYTES_MAX).read_to_end(&mut bytes));
        match read {
            Ok(_) => LinkerCache { bytes },
            Err(_) => LinkerCache::default(),
        }
    }

    /// The path of the library with this name.
    ///
    /// Entries for better processors are skipped, because the guest's is a basic one
    /// (`glibc-hwcaps/x86-64-v3`, or `haswell` in older caches).
    pub fn find(&self, name: &str, machine: Machine) -> Option<String> {
        let cache = self.current()?;
        // FLAG_ELF_LIBC6, with FLAG_X8664_LIB64 for 64 bits.
        let flags = match machine {
            Machine::X86_64 => 0x0303,
            Machine::I386 => 0x0003,
        };
        let count = usize::try_from(number(cache, 20)?).ok()?;
        let mut entries = cache.get(HEADER..)?.chunks_exact(ENTRY).take(count);
        let entry = entries.find(|entry| {
            let hwcap = entry.get(16..24).is_some_and(|bytes| bytes != [0; 8]);
            let is_named = || Some(text(cache, number(entry, 4)?)? == name.as_bytes());
            number(entry, 0) == Some(flags) && !hwcap && is_named() == Some(true)
        })?;
        Some(String::from_utf8_lossy(text(cache, number(entry, 8)?)?).into_owned())
    }

    /// The part of the file in the current format.
    fn current(&self) -> Option<&[u8]> {
        let cache = match self.bytes.starts_with(OLD_MAGIC) {
            true => {
                let count = usize::try_from(number(&self.bytes, 12)?).ok()?;
                let end = OLD_HEADER.checked_add(count.checked_mul(OLD_ENTRY)?)?;
                self.bytes.get(end.next_multiple_of(8)..)?
            }
            false => &self.bytes,
        };
        cache.starts_with(MAGIC).then_some(cache)
    }
}

fn number(bytes: &[u8], place: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(place..place + 4)?.try_into().ok()?))
}

fn text(bytes: &[u8], place: u32) -> Option<&[u8]> {
    bytes.get(usize::try_from(place).ok()?..)?.split(|&byte| byte == 0).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cache with these libraries: name, path, flags, hwcap.
    fn cache(entries: &[(&str, &str, u32, u64)]) -> Vec<u8> {
        let mut strings = Vec::new();
        let mut table = Vec::new();
        let mut add = |string: &str| {
            let place = HEADER + entries.len() * ENTRY + strings.len();
            strings.extend(string.bytes().chain([0]));
            u32::try_from(place).unwrap().to_ne_bytes()
        };
        for (name, path, flags, hwcap) in entries {
            table.extend(flags.to_ne_bytes());
            table.extend(add(name));
            table.extend(add(path));
            table.extend([0; 4]);
            table.extend(hwcap.to_ne_bytes());
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend(u32::try_from(entries.len()).unwrap().to_ne_bytes());
        bytes.resize(HEADER, 0);
        [bytes, table, strings].concat()
    }

    const LIBRARIES: &[(&str, &str, u32, u64)] = &[
        ("liba.so", "/v3/liba.so", 0x0303, (1 << 62) + 1),
        ("liba.so", "/lib32/liba.so", 0x0003, 0),
        ("liba.so", "/lib/liba.so", 0x0303, 0),
        ("liba.so", "/other/liba.so", 0x0303, 0),
        ("libv3.so", "/v3/libv3.so", 0x0303, (1 << 62) + 1),
    ];

    #[test]
    fn a_library_is_found_by_name_and_machine() {
        let find =
            |bytes: &[u8], name, machine| LinkerCache { bytes: bytes.to_vec() }.find(name, machine);
        let new = cache(LIBRARIES);
        let old = [OLD_MAGIC, &[0], &1_u32.to_ne_bytes(), &[0; OLD_ENTRY], &[0; 4], &new].concat();
        for bytes in [&new, &old] {
            let path = |path: &str| Some(path.to_owned());
            assert_eq!(find(bytes, "liba.so", Machine::X86_64), path("/lib/liba.so"));
            assert_eq!(find(bytes, "liba.so", Machine::I386), path("/lib32/liba.so"));
            assert_eq!(find(bytes, "libv3.so", Machine::X86_64), None);
            assert_eq!(find(bytes, "lib", Machine::X86_64), None);
        }
        assert_eq!(find(b"", "liba.so", Machine::X86_64), None);
    }

    #[test]
    fn damage_is_no_panic() {
        let whole = cache(LIBRARIES);
        for len in 0..whole.len() {
            let cache = LinkerCache { bytes: whole[..len].to_vec() };
            cache.find("libv3.so", Machine::X86_64);
        }
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] = 0xff;
            LinkerCache { bytes }.find("liba.so", Machine::X86_64);
        }
    }
}
