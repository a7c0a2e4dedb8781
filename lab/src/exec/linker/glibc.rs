//! glibc's own rules, as far as its linker's file tells them.

use std::io::Read;
use std::path::Path;

use super::cache::LinkerCache;
use crate::exec::elf::{Machine, open};

/// What the linker looks up names in.
pub const CACHE: &str = "/etc/ld.so.cache";

/// A linker is some hundred KiB.
const LINKER_BYTES_MAX: u64 = 16 << 20;

/// What one version of it does.
#[derive(Default)]
pub struct Glibc {
    pub cache: LinkerCache,
    /// The folders that it has built in.
    pub folders: Vec<String>,
    /// Whether it looks into folders for processors that are not in glibc-hwcaps, as
    /// all did before 2.37.
    pub looks_below: bool,
}

impl Glibc {
    /// Reads a linker's file, and the cache.
    pub fn read(linker: &Path, cache: &Path) -> Glibc {
        let mut bytes = Vec::new();
        // A linker that cannot be read cannot be carried either, which is then said.
        let _ = open(linker).and_then(|file| file.take(LINKER_BYTES_MAX).read_to_end(&mut bytes));
        let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        // From 2.33 on it says of these folders where it looks, as long as it does.
        let looks_below = !has(b"glibc-hwcaps") || has(b"Legacy HWCAP");
        Glibc { cache: LinkerCache::read(cache), folders: built_in_folders(&bytes), looks_below }
    }

    /// Where it looks when it looks into a folder.
    pub fn places_in(&self, folder: &str, machine: Machine) -> Vec<String> {
        if !self.looks_below {
            return vec![folder.to_owned()];
        }
        // In the order of `_dl_important_hwcaps` (elf/dl-hwcaps.c) for the guest's
        // processor: its platform and what it can do.
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

/// They lie in the file as strings that follow one another:
/// `/lib/x86_64-linux-gnu/`, `/usr/lib/x86_64-linux-gnu/`.
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
