//! A pack: the lab in a folder of its own, with everything built, for hosts that build no
//! kernel. See the crate `lab` for how one is made and unpacked.
//!
//! What a pack brings is used as it is, although this host's compilers and emulator are
//! others than its maker's. So in a pack, the keys of the lab's own programs and of the
//! kernel are those of the maker's host, which `pack.json` names.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use host::PACK;
use serde::{Deserialize, Serialize};

/// The folder in a pack with its cache, which is only read.
pub const CACHE: &str = "cache";

/// The version of this format.
pub const FORMAT: u32 = 1;

/// What a pack says about its maker's host: the file `pack.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// The version of this format.
    pub version: u32,
    /// The version of the lab.
    pub lab: String,
    /// The distribution on which the pack was made.
    pub host: String,
    /// The release of the kernel.
    pub linux: String,
    /// What compiled the kernel: the first lines of the versions of its tools.
    pub compiler: String,
    /// What compiled and linked the programs, by the names of the parts.
    pub toolchain: BTreeMap<String, String>,
    /// The first line of the version of the emulator that saved the machine.
    pub qemu: String,
}

impl Pack {
    /// Reads `pack.json`. Errors say what is wrong with it.
    pub fn parse(text: &[u8]) -> io::Result<Pack> {
        #[derive(Deserialize)]
        struct Format {
            version: u32,
        }
        let invalid = |reason: String| io::Error::new(io::ErrorKind::InvalidData, reason);
        // Another format may have other fields.
        let Format { version } =
            serde_json::from_slice(text).map_err(|e| invalid(e.to_string()))?;
        if version != FORMAT {
            return Err(invalid(format!("its format is {version}, and this lab knows {FORMAT}")));
        }
        serde_json::from_slice(text).map_err(|e| invalid(e.to_string()))
    }

    /// Reads the file in a folder. `None` if there is no such file.
    pub fn read(folder: &Path) -> io::Result<Option<Pack>> {
        let path = folder.join(PACK);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let named = |e: io::Error| {
            io::Error::new(e.kind(), format!("failed to understand `{}`: {e}", path.display()))
        };
        Pack::parse(&text).map(Some).map_err(named)
    }
}

/// The pack that this lab is in. `None` in a checkout.
///
/// A command line reports first if it cannot be [read](Pack::read). Here that is the same
/// as none.
pub fn here() -> Option<&'static Pack> {
    static HERE: OnceLock<Option<Pack>> = OnceLock::new();
    HERE.get_or_init(|| Pack::read(&crate::root()).ok().flatten()).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack() -> Pack {
        let text = |text: &str| text.to_owned();
        Pack {
            version: FORMAT,
            lab: text("0.1.0"),
            host: text("Debian GNU/Linux 12 (bookworm)"),
            linux: text("6.12.117"),
            compiler: text("gcc 12.2.0\nGNU assembler 2.40\nGNU ld 2.40"),
            toolchain: [(text("rustc"), text("rustc 1.95.0"))].into(),
            qemu: text("QEMU emulator version 7.2.22"),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let text = serde_json::to_vec(&pack()).unwrap();
        assert_eq!(Pack::parse(&text).unwrap(), pack());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let told = |text: &str| Pack::parse(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(
            told("{\"version\": 2, \"new\": true}"),
            "its format is 2, and this lab knows 1"
        );
        assert!(told("{}").starts_with("missing field `version`"));
        assert!(told("{\"version\": 1, \"new\": true}").starts_with("unknown field `new`"));
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Pack::read(folder.path()).unwrap(), None);
        let path = folder.path().join(PACK);
        std::fs::write(&path, "?").unwrap();
        let told = Pack::read(folder.path()).unwrap_err().to_string();
        assert!(told.starts_with(&format!("failed to understand `{}`: ", path.display())));
    }
}
