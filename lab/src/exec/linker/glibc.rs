//! glibc's own rules, as far as its linker's file reveals them.

use std::io::Read;
use std::path::Path;

use super::cache::LinkerCache;
use crate::exec::elf::{Machine, open};

/// The linker's cache of libraries.
pub const CACHE: &str = "/etc/ld.so.cache";

/// The maximum size of a linker, bytes. Real ones have some hundred KiB.
const LINKER_BYTES_MAX: u64 = 16 << 20;

/// The behaviour of one version of glibc.
#[derive(Default)]
pub struct Glibc {
    pub cache: LinkerCache,
    /// The folders that are built into the linker.
    pub folders: Vec<String>,
    /// Whether it also searches folders for certain processors outside glibc-hwcaps, as
    /// all versions before 2.37 did.
    pub looks_below: bool,
}

impl Glibc {
    /// Reads a linker's file and the cache.
    pub fn read(linker: &Path, cache: &Path) -> Glibc {
        let mut bytes = Vec::new();
        // A linker that cannot be read cannot be copied either, which is reported then.
        let _ = open(linker).and_then(|file| file.take(LINKER_BYTES_MAX).read_to_end(&mut bytes));
        let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        // Since 2.33, the linker's help text mentions these folders as long as it
        // searches them.
        let looks_below = !has(b"glibc-hwcaps") || has(b"Legacy HWCAP");
        Glibc { cache: LinkerCache::read(cache), folders: built_in_folders(&bytes), looks_below }
    }

    /// The paths that it tries for each folder that it searches.
    pub fn places_in(&self, folder: &str, machine: Machine) -> Vec<String> {
        if !self.looks_below {
            return vec![folder.to_owned()];
        }
        // In the order of `_dl_important_hwcaps` (elf/dl-hwcaps.c) for the guest's
        // processor: its platform and its capabilities.
        let (platform, can) = match machine {
            Machine::X86_64 => ("/x86_64", "/x86_64"),
            Machine::I386 => ("/i686", "/sse2"),
        };
        let mut places = Vec::new();
        for tls in ["/tls", ""] {
            for platform in [platform, ""] {
                for can in [can, ""] {
                    places.push(format!("{folder}{tls}{platform}{can}"));
                }
            }
        }
        places
    }
}

/// The folders are consecutive strings in the file: `/lib/x86_64-linux-gnu/`,
/// `/usr/lib/x86_64-linux-gnu/`.
fn built_in_folders(linker: &[u8]) -> Vec<String> {
    let folder = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).ok()?;
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        let folder = text.strip_suffix('/').filter(|folder| folder.starts_with('/'))?;
        printable.then(|| folder.to_owned())
    };
    linker
        .split(|&byte| byte == 0)
        .skip_while(|bytes| !folder(bytes).is_some_and(|folder| folder.contains("/lib")))
        .map_while(folder)
        .collect()
}
