use std::io::Cursor;

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

/// One entry of a tar, with a name that a careful program would not write.
fn tarred(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, kind, text) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(text.len() as u64);
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_mode(0o777);
        header.set_cksum();
        archive.append(&header, *text).unwrap();
    }
    archive.into_inner().unwrap()
}

fn zipped(name: &str, text: &[u8]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, SimpleFileOptions::default()).unwrap();
    archive.write_all(text).unwrap();
    archive.finish().unwrap().into_inner()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// Unpacks into a folder of its own. Returns what is beside it in the end, too.
fn unpacked(
    archive: &[u8],
    form: Form,
    limits: Limits,
) -> (Result<Vec<String>, String>, Vec<String>) {
    let around = tempfile::tempdir().unwrap();
    let folder = around.path().join("folder");
    fs::create_dir(&folder).unwrap();
    let result = unpack(Cursor::new(archive), archive.len() as u64, form, &folder, limits);
    (result.map_err(|error| error.to_string()), files(around.path()))
}

/// All files below a folder, with their lengths.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let (path, meta) = entry.map(|entry| (entry.path(), entry.metadata().unwrap())).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        match meta.is_dir() {
            true => found.extend(files(&path).into_iter().map(|file| format!("{name}/{file}"))),
            false => found.push(format!("{name} {}", meta.len())),
        }
    }
    found.sort();
    found
}

#[test]
fn all_forms_are_unpacked() {
    let tar = tarred(&[("./a/b", EntryType::Regular, b"text"), ("c/", EntryType::Directory, b"")]);
    for (archive, form) in [
        (zipped("a/b", b"text"), Form::Zip),
        (zipped("a\\b", b"text"), Form::Zip),
        (gzipped(&tar), Form::TarGz),
        (tar, Form::Tar),
    ] {
        let expected = (Ok(Vec::new()), vec!["folder/a/b 4".to_owned()]);
        assert_eq!(unpacked(&archive, form, STUDENT), expected, "{form:?}");
    }
}

#[test]
fn the_form_is_the_end_of_the_name() {
    for (name, form, stem) in [
        ("class.zip", Some(Form::Zip), "class"),
        ("Class.ZIP", Some(Form::Zip), "Class"),
        ("a.b.tar", Some(Form::Tar), "a.b"),
        ("a.tar.gz", Some(Form::TarGz), "a"),
        ("a.tgz", Some(Form::TarGz), "a"),
        ("a.gz", None, "a.gz"),
        ("zip", None, "zip"),
    ] {
        assert_eq!((Form::of(name), Form::stem(name)), (form, stem));
    }
}

#[test]
fn nothing_leads_out() {
    for name in ["../x", "a/../../x", "/tmp/x", "a/.."] {
        let told = format!("its `{name}` leads out of it");
        let tar = tarred(&[(name, EntryType::Regular, b"text")]);
        assert_eq!(unpacked(&tar, Form::Tar, STUDENT), (Err(told.clone()), vec![]));
        let zip = zipped(name, b"text");
        assert_eq!(unpacked(&zip, Form::Zip, STUDENT), (Err(told), vec![]));
    }
}

#[test]
fn links_and_devices_are_left_out() {
    // What would be written through the link is a file of its own.
    let tar = tarred(&[
        ("link", EntryType::Symlink, b""),
        ("hard", EntryType::Link, b""),
        ("pipe", EntryType::Fifo, b""),
        ("null", EntryType::Char, b""),
        ("link/x", EntryType::Regular, b"text"),
    ]);
    let left_out = ["link", "hard", "pipe", "null"].map(str::to_owned).to_vec();
    let expected = (Ok(left_out), vec!["folder/link/x 4".to_owned()]);
    assert_eq!(unpacked(&tar, Form::Tar, STUDENT), expected);

    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    assert_eq!(unpacked(&zip, Form::Zip, STUDENT), (Ok(vec!["link".to_owned()]), vec![]));
}

#[test]
fn names_that_do_not_fit_together_are_the_archives_fault() {
    let regular = |names: [&'static str; 2]| {
        tarred(&names.map(|name| (name, EntryType::Regular, &b"text"[..])))
    };
    for names in [["a", "a"], ["a", "a/b"], ["a/b", "a"]] {
        let (result, _) = unpacked(&regular(names), Form::Tar, STUDENT);
        let error = result.unwrap_err();
        assert!(error.starts_with("its `a` cannot be unpacked: "), "{names:?}: {error}");
    }
}

#[test]
fn a_bomb_does_not_go_off() {
    let limits = Limits { bytes: 64 << 20, entries: 3, archives: false };
    let zeros = vec![0; 20 << 20];
    let told = Err("it unpacks to more than 16 MiB".to_owned());
    // Twenty thousand bytes that unpack to a thousand times as much.
    let tar = gzipped(&tarred(&[("a", EntryType::Regular, &zeros)]));
    assert_eq!(unpacked(&tar, Form::TarGz, limits).0, told);
    // As much in a file of its own length is no bomb, and its beginning is enough.
    let tar = tarred(&[("a", EntryType::Regular, &zeros)]);
    let expected = (Ok(Vec::new()), vec![format!("folder/a {}", MAX_LEN + 1)]);
    assert_eq!(unpacked(&tar, Form::Tar, limits), expected);
    // Unless it is more than anything may have.
    let less = Limits { bytes: 10 << 20, ..limits };
    let told = Err("it unpacks to more than 10 MiB".to_owned());
    assert_eq!(unpacked(&tar, Form::Tar, less).0, told);
    // A zip is read only as far as it is wanted, so it takes an archive in an archive.
    let zip = zipped("a.zip", &zeros);
    let whole = Limits { archives: true, ..limits };
    assert_eq!(unpacked(&zip, Form::Zip, limits).0, Ok(Vec::new()));
    assert_eq!(
        unpacked(&zip, Form::Zip, whole).0,
        Err("it unpacks to more than 16 MiB".to_owned())
    );
}

#[test]
fn the_number_and_depth_of_files_is_bounded() {
    let limits = Limits { bytes: 1 << 20, entries: 2, archives: false };
    let files = ["a", "b", "c"].map(|name| (name, EntryType::Regular, &b""[..]));
    assert_eq!(unpacked(&tarred(&files[..2]), Form::Tar, limits).0, Ok(Vec::new()));
    let told = Err("it has more than 2 files and folders".to_owned());
    assert_eq!(unpacked(&tarred(&files), Form::Tar, limits).0, told);
    let deep = "d/".repeat(DEEPEST + 1);
    let tar = tarred(&[(&deep, EntryType::Directory, b"")]);
    assert_eq!(unpacked(&tar, Form::Tar, limits).0, Err("its folders are too deep".to_owned()));
}

#[test]
fn what_is_damaged_is_refused() {
    let mut zip = zipped("a", &[1; 1000]);
    let middle = zip.len() / 3;
    zip[middle] ^= 0xff;
    for (archive, form) in [
        (&b"PK, or so"[..], Form::Zip),
        (&zip, Form::Zip),
        (&[1; 1024], Form::Tar),
        (b"text", Form::TarGz),
        (&gzipped(&tarred(&[("a", EntryType::Regular, b"text")]))[..40], Form::TarGz),
    ] {
        let (result, _) = unpacked(archive, form, STUDENT);
        assert!(result.is_err(), "{form:?}");
    }
}
