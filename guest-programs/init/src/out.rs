//! Files and folders of the guest that the host wants.

use std::fs::File;
use std::io::{self, Cursor, Write};
use std::path::Path;

use protocol::session::{OUT_FOLDER, out_archive};

/// Something that is there. It is written only now, because the machine's memory may not
/// have room for a copy.
pub struct Wanted<'a> {
    /// Its name in the record.
    pub name: String,
    path: &'a Path,
}

/// Those that are there. What cannot be read is left out.
pub fn wanted(paths: &[String]) -> impl Iterator<Item = (&String, Wanted<'_>)> {
    paths.iter().enumerate().filter_map(|(number, wanted)| {
        let path = Path::new(wanted);
        let name = if path.is_dir() {
            out_archive(number)
        // Reading a FIFO would wait, and a device may have no end.
        } else if path.is_file() {
            format!("{OUT_FOLDER}/{number}")
        } else {
            return None;
        };
        Some((wanted, Wanted { name, path }))
    })
}

impl Wanted<'_> {
    /// Writes it: a file's content, or a folder as an archive with its links as links.
    /// Fails with `WriteZero` if there is not enough space.
    pub fn write(&self, space: &mut Cursor<&mut [u8]>) -> io::Result<()> {
        if self.path.is_dir() {
            let mut archive = tar::Builder::new(space);
            archive.follow_symlinks(false);
            // The host knows only whole files.
            archive.sparse(false);
            archive.append_dir_all("folder", self.path)?;
            return archive.into_inner()?.flush();
        }
        io::copy(&mut File::open(self.path)?, space).map(drop)
    }
}
