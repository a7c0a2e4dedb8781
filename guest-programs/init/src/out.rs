//! Files and folders of the guest that the host wants.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use protocol::session::{OUT_FOLDER, out_archive};

use crate::record::Writer;

/// Adds them to the record. What cannot be read is left out.
pub fn add<W: Write>(record: &mut Writer<W>, wanted: &[String]) -> Result<(), String> {
    for (number, path) in wanted.iter().enumerate() {
        let path = Path::new(path);
        if path.is_dir() {
            if let Ok(archive) = pack(path) {
                record.add(&out_archive(number), &archive)?;
            }
        // Reading a FIFO would wait, and a device may have no end.
        } else if path.is_file()
            && let Ok(bytes) = fs::read(path)
        {
            record.add(&format!("{OUT_FOLDER}/{number}"), &bytes)?;
        }
    }
    Ok(())
}

/// A folder as an archive, with its links as links.
fn pack(folder: &Path) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    archive.follow_symlinks(false);
    archive.append_dir_all("folder", folder)?;
    archive.into_inner()
}
