//! Sources that a person gives: good ones and all kinds of bad ones.

#![expect(clippy::disallowed_methods, reason = "what a test starts ends by itself")]

use std::process::Command;

use explain::Explain;

use super::*;
use crate::progress::{Event, Silent};

struct Lab {
    folder: tempfile::TempDir,
    cache: Cache,
}

fn lab() -> Lab {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path().join("cache")).unwrap();
    Lab { folder, cache }
}

impl Lab {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A folder that looks like a kernel's source.
    fn tree(&self) -> PathBuf {
        let tree = self.path("linux");
        fs::create_dir_all(tree.join("lib")).unwrap();
        let makefile = "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 7\nEXTRAVERSION =\nNAME = x\n";
        fs::write(tree.join("Makefile"), makefile).unwrap();
        fs::write(tree.join("lib/big"), (0..200_000).map(|i| i as u8).collect::<Vec<_>>()).unwrap();
        tree
    }

    /// A tarball of such a folder with its checksum.
    fn tarball(&self) -> PathBuf {
        self.tree();
        let tarball = self.path("linux.tar.xz");
        self.shell("tar -cJf linux.tar.xz linux && sha256sum linux.tar.xz > linux.tar.xz.sha256");
        tarball
    }

    fn shell(&self, script: &str) {
        let status =
            Command::new("sh").args(["-ec", script]).current_dir(self.folder.path()).status();
        assert!(status.unwrap().success(), "{script}");
    }

    fn get(&self, path: &Path) -> Result<Source, KernelError> {
        get(&self.cache, Some(path), &Silent)
    }

    /// Asserts that the cache has no source, not even an incomplete one.
    fn assert_nothing_kept(&self) {
        let kept = fs::read_dir(self.cache.root().join(KIND)).map_or(0, Iterator::count);
        assert_eq!(kept, 0);
    }
}

#[test]
fn a_folder_is_used_where_it_lies_and_watched() {
    let lab = lab();
    let tree = lab.tree();
    let first = lab.get(&tree).unwrap();
    assert_eq!((first.dir.as_path(), first.version.as_str()), (tree.as_path(), "6.12.7"));
    assert_eq!(find(&lab.cache, Some(&tree)).unwrap(), Some(first.clone()));
    fs::write(tree.join("lib/new"), "").unwrap();
    assert_ne!(lab.get(&tree).unwrap().identity, first.identity);
}

#[test]
fn an_archive_is_unpacked_once() {
    let lab = lab();
    let tarball = lab.tarball();
    assert_eq!(find(&lab.cache, Some(&tarball)).unwrap(), None);
    let source = lab.get(&tarball).unwrap();
    assert_eq!(source.version, "6.12.7");
    assert!(source.dir.starts_with(lab.cache.root()) && source.dir.join("lib/big").is_file());
    assert!(!source.dir.join(SCRATCH).exists());
    // The checksum is not needed again.
    fs::remove_file(lab.path("linux.tar.xz.sha256")).unwrap();
    assert_eq!(lab.get(&tarball).unwrap(), source);
    assert_eq!(find(&lab.cache, Some(&tarball)).unwrap(), Some(source));
}

#[test]
fn a_path_that_cannot_be_read_is_named() {
    let lab = lab();
    assert_eq!(
        lab.get(Path::new("/nowhere/linux")).unwrap_err().to_string(),
        "failed to use `/nowhere/linux` as kernel source: No such file or directory (os error 2)"
    );
}

#[test]
fn a_folder_without_a_kernel_is_refused() {
    let lab = lab();
    let error = lab.get(lab.folder.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "failed to use `{}` as kernel source: it has no `Makefile` with a kernel's version",
            lab.folder.path().display()
        )
    );
}

#[test]
fn an_archive_without_a_checksum_is_refused() {
    let lab = lab();
    let tarball = lab.tarball();
    fs::remove_file(lab.path("linux.tar.xz.sha256")).unwrap();
    let error = lab.get(&tarball).unwrap_err();
    let folder = lab.folder.path().display();
    assert_eq!(
        error.to_string(),
        format!(
            "failed to check `{folder}/linux.tar.xz`: there is no checksum \
             `{folder}/linux.tar.xz.sha256`"
        )
    );
    assert_eq!(
        error.hint().unwrap(),
        format!(
            "if you trust the file: cd `{folder}` && sha256sum linux.tar.xz > linux.tar.xz.sha256"
        )
    );
    lab.assert_nothing_kept();
}

#[test]
fn a_wrong_checksum_is_told_with_both() {
    let lab = lab();
    let tarball = lab.path("linux.tar.xz");
    fs::write(&tarball, "").unwrap();
    let expected = PINNED[0].sha256;
    fs::write(lab.path("linux.tar.xz.sha256"), format!("{expected}  linux.tar.xz\n")).unwrap();
    assert_eq!(
        lab.get(&tarball).unwrap_err().to_string(),
        format!(
            "failed to check `{}`: its sha256 is \
             e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 and should be \
             {expected}",
            tarball.display(),
        )
    );
    lab.assert_nothing_kept();
}

/// A pinned source for a test: a tarball on this host, if the tarball exists.
fn pinned(lab: &Lab, origin: &'static str, sum_of: Option<&Path>) -> Pinned {
    let sha256 = sum_of.map_or("0".repeat(64), |file| sha256(file).unwrap());
    let url = format!("file://{}", lab.path("linux.tar.xz").display());
    let url: &'static str = url.leak();
    Pinned { origin, release: "6.12.7", sha256: sha256.leak(), urls: vec![url].leak() }
}

/// Records all notes.
#[derive(Default)]
struct Notes(std::sync::Mutex<Vec<String>>);

impl Progress for Notes {
    fn event(&self, event: Event<'_>) {
        if let Event::Note(text) = event {
            self.0.lock().unwrap().push(text.to_owned());
        }
    }
}

#[test]
fn the_first_that_can_be_had_is_taken_and_another_one_is_said() {
    let lab = lab();
    let tarball = lab.tarball();
    let [first, second] = [("first", None), ("second", Some(tarball.as_path()))]
        .map(|(origin, sum)| pinned(&lab, origin, sum));
    let (bad, url) = (first.sha256, second.urls[0]);
    let found = second.sha256;
    let notes = Notes::default();
    let source = from_elsewhere(&lab.cache, &[first, second], &notes).unwrap();
    assert_eq!((source.version.as_str(), source.origin.as_str()), ("6.12.7", "second"));
    assert_eq!(source.identity, format!("sha256 {found}"));
    assert_eq!(
        notes.0.into_inner().unwrap(),
        [format!(
            "taking second: Linux 6.12.7 differs in patch level from 6.12.7, which is not \
             available ({url}: its sha256 is {found}, not {bad})"
        )]
    );
    // The same bytes from a person count as the same source.
    let theirs = lab.get(&tarball).unwrap();
    assert_eq!((theirs.dir, theirs.identity), (source.dir, source.identity));
}

#[test]
fn neither_the_place_nor_the_age_of_a_folder_counts() {
    let lab = lab();
    let tree = lab.tree();
    lab.shell("cp -r linux copy && touch -d 2001-01-01 copy/lib/big");
    let [one, copy] = [tree, lab.path("copy")].map(|path| lab.get(&path).unwrap());
    assert_ne!(one.dir, copy.dir);
    assert_eq!(one.identity, copy.identity);
    assert!(one.own && copy.own);
}

#[test]
fn a_truncated_tarball_is_refused_even_if_its_checksum_is_right() {
    let lab = lab();
    let tarball = lab.tarball();
    let len = fs::metadata(&tarball).unwrap().len();
    fs::File::options().write(true).open(&tarball).unwrap().set_len(len / 2).unwrap();
    assert!(matches!(lab.get(&tarball), Err(KernelError::WrongChecksum { .. })));
    lab.shell("sha256sum linux.tar.xz > linux.tar.xz.sha256");
    let error = lab.get(&tarball).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("failed to unpack `{}`: xz: (stdin): Unexpected end of input", tarball.display())
    );
    assert_eq!(error.hint().unwrap(), "the file is damaged or cut off: get it again");
    lab.assert_nothing_kept();
}

/// Needs root, to mount a file system that is small enough to fill.
#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let lab = lab();
    let tarball = lab.tarball();
    let small = lab.cache.root();
    let mount = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
        .arg(small)
        .output()
        .unwrap();
    if !mount.status.success() {
        eprintln!("skipped: mounting a small disk needs root");
        return;
    }
    let error = lab.get(&tarball).unwrap_err();
    let kept = fs::read_dir(small.join(KIND)).map_or(0, Iterator::count);
    // Unmounted lazily, because a child of another test may hold a file open until its
    // exec.
    assert!(Command::new("umount").arg("--lazy").arg(small).status().unwrap().success());
    assert_eq!(
        error.to_string(),
        format!("failed to unpack `{}`: No space left on device", tarball.display())
    );
    assert_eq!(
        error.hint().unwrap(),
        "a kernel needs 2 GB while it is built: free some space, or set XDG_CACHE_HOME to a \
         folder on another disk"
    );
    assert_eq!(kept, 0);
}
