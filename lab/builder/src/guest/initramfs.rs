//! The initramfs: PID 1, the modules that it loads, and a console. The same parts give
//! the same bytes.

use std::io::{self, Write};

use cpio::newc::{Builder, trailer};

/// File types, from inode(7).
const S_IFDIR: u32 = 0o040_000;
const S_IFCHR: u32 = 0o020_000;
const S_IFREG: u32 = 0o100_000;

/// Packs PID 1 and its modules (name and content) into an uncompressed cpio archive in
/// newc format, as the kernel expects. The archive contains no times or owners from the
/// host.
pub fn pack(init: &[u8], modules: &[(&str, Vec<u8>)]) -> io::Result<Vec<u8>> {
    let mut archive = Vec::new();
    let mut add = |ino: u32, entry: Builder, bytes: &[u8]| {
        let mut writer = entry.ino(ino).nlink(1).mtime(0).write(&mut archive, bytes.len() as u32);
        writer.write_all(bytes)?;
        writer.finish().map(drop)
    };
    add(1, Builder::new("dev").mode(S_IFDIR | 0o755), &[])?;
    // The kernel opens this device as PID 1's standard streams before anything is
    // mounted.
    let console = Builder::new("dev/console").mode(S_IFCHR | 0o600).rdev_major(5).rdev_minor(1);
    add(2, console, &[])?;
    add(3, Builder::new("init").mode(S_IFREG | 0o755), init)?;
    for (ino, (name, bytes)) in (4..).zip(modules) {
        add(ino, Builder::new(name).mode(S_IFREG | 0o600), bytes)?;
    }
    trailer(&mut archive)?;
    Ok(archive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_holds_what_the_kernel_needs() {
        let archive =
            pack(b"program", &[("a.ko", b"module".to_vec()), ("b.ko", vec![0; 3])]).unwrap();
        let mut rest = io::Cursor::new(archive);
        let mut seen = Vec::new();
        loop {
            let reader = cpio::newc::Reader::new(rest).unwrap();
            if reader.entry().is_trailer() {
                break;
            }
            let entry = reader.entry();
            assert_eq!((entry.mtime(), entry.uid(), entry.gid()), (0, 0, 0));
            seen.push((entry.name().to_owned(), entry.mode(), entry.file_size()));
            rest = reader.finish().unwrap();
        }
        let expected = [
            ("dev".to_owned(), 0o040_755, 0),
            ("dev/console".to_owned(), 0o020_600, 0),
            ("init".to_owned(), 0o100_755, 7),
            ("a.ko".to_owned(), 0o100_600, 6),
            ("b.ko".to_owned(), 0o100_600, 3),
        ];
        assert_eq!(seen, expected);
    }
}
