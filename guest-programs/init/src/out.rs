//! Files and folders of the guest that the host wants.

use std::path::Path;
use std::{fs, io};

use protocol::session::{OUT_FOLDER, out_archive};

/// Their names in the record and their bytes. What cannot be read is left out.
pub fn files(wanted: &[String]) -> impl Iterator<Item = (String, Vec<u8>)> {
    wanted.iter().enumerate().filter_map(|(number, path)| {
        let path = Path::new(path);
        if path.is_dir() {
            Some((out_archive(number), pack(path).ok()?))
        // Reading a FIFO would wait, and a device may have no end.
        } else if path.is_file() {
            Some((format!("{OUT_FOLDER}/{number}"), fs::read(path).ok()?))
        } else {
            None
        }
    })
}

/// A folder as an archive, with its links as links.
fn pack(folder: &Path) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    archive.follow_symlinks(false);
    archive.append_dir_all("folder", folder)?;
    archive.into_inner()
}
