use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use tar::Header;

use super::*;
use crate::pack::contents::Contents;

const PACK: &str = "{\"version\": 1, \"lab\": \"0.1.0\", \"host\": \"h\", \"linux\": \"6.12\", \
                    \"compiler\": \"gcc\", \"toolchain\": {}, \"qemu\": \"q\"}";

/// A small pack as the lab writes it.
fn good() -> Vec<u8> {
    let mut contents = Contents::default();
    contents.text(PROGRAM, "program");
    contents.text(ABOUT, PACK);
    contents.text("course.md", "# Course");
    contents.text("cache/programs/1/init", "same");
    contents.text("cache/programs/2/init", "same");
    let mut archive = Vec::new();
    assert_eq!(contents.write(&mut archive).unwrap(), 6);
    archive
}

/// One entry of a tar, with a name that a careful program would not write.
type Raw<'a> = (&'a str, EntryType, &'a str, &'a [u8]);

fn file<'a>(name: &'a str, text: &'a str) -> Raw<'a> {
    (name, EntryType::Regular, "", text.as_bytes())
}

fn sum(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}

/// A pack with these entries besides, which `SHA256SUMS` has too.
fn hostile(entries: &[Raw<'_>]) -> Vec<u8> {
    let mut sums = format!("{}  {PROGRAM}\n{}  {ABOUT}\n", sum("program"), sum(PACK));
    for (name, _, _, text) in entries {
        sums += &format!("{:x}  {name}\n", Sha256::digest(text));
    }
    let first = [file(PROGRAM, "program"), file(ABOUT, PACK), file(SUMS, &sums)];
    archive(&[&first, entries].concat())
}

fn archive(entries: &[Raw<'_>]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, kind, link, text) in entries {
        let mut header = Header::new_ustar();
        header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_ustar_mut().unwrap().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(text.len() as u64);
        header.set_mode(0o777);
        header.set_cksum();
        archive.append(&header, *text).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

/// Unpacks beside nothing else. Returns why it failed, and what is there afterwards.
fn unpacked(archive: &[u8]) -> (Result<Unpacked, String>, tempfile::TempDir) {
    let around = tempfile::tempdir().unwrap();
    let file = around.path().join("class.tar.gz");
    fs::write(&file, archive).unwrap();
    let result = unpack_within(&file, Some(&around.path().join("folder")), 1 << 20);
    fs::remove_file(&file).unwrap();
    let shown = file.display().to_string();
    (result.map_err(|error| error.to_string().replace(&shown, "FILE")), around)
}

/// The reason why an archive is refused, which leaves nothing.
fn refused(archive: &[u8]) -> String {
    let (result, around) = unpacked(archive);
    let left: Vec<_> =
        fs::read_dir(around.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
    let reason = result.expect_err("it was unpacked");
    assert!(!reason.contains('\n'), "{reason}");
    reason
}

#[test]
fn what_was_packed_is_unpacked() {
    let (result, around) = unpacked(&good());
    let unpacked = result.unwrap();
    assert_eq!((unpacked.files, unpacked.about.linux.as_str()), (6, "6.12"));
    assert_eq!(unpacked.sha256, format!("{:x}", Sha256::digest(good())));
    let folder = around.path().join("folder");
    assert_eq!(fs::read_to_string(folder.join("course.md")).unwrap(), "# Course");
    let meta = |name: &str| fs::metadata(folder.join(name)).unwrap();
    assert_eq!(meta(PROGRAM).permissions().mode() & 0o777, 0o755);
    assert_eq!(meta("course.md").permissions().mode() & 0o777, 0o644);
    assert_eq!(meta("").permissions().mode() & 0o777, 0o755);
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(TIME);
    for name in ["cache/programs/1/init", "cache/programs/2/init"] {
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), "same");
        assert_eq!(meta(name).modified().unwrap(), time);
    }
    // Nothing else is left beside it.
    assert_eq!(fs::read_dir(around.path()).unwrap().count(), 1);
}

#[test]
fn the_same_parts_are_the_same_bytes() {
    assert_eq!(good(), good());
}

#[test]
fn no_part_of_a_pack_is_a_pack() {
    let whole = good();
    // The end of a tar is zeros, which no checksum but gzip's covers.
    for len in (0..whole.len()).step_by(7).chain([whole.len() - 1]) {
        refused(&whole[..len]);
    }
}

#[test]
fn a_part_of_a_pack_is_damaged_and_not_something_else() {
    // Its program alone is longer than the part.
    let mut contents = Contents::default();
    let program: String = (0..40_000).map(|at| format!("{at} ")).collect();
    contents.text(PROGRAM, program);
    contents.text(ABOUT, PACK);
    let mut whole = Vec::new();
    contents.write(&mut whole).unwrap();
    for len in [whole.len() / 4, whole.len() - 1] {
        let told = refused(&whole[..len]);
        assert!(told.starts_with("`FILE` is damaged: "), "{told}");
    }
}

#[test]
fn a_changed_byte_is_found() {
    let whole = good();
    let content = |archive: &[u8]| {
        let mut content = Vec::new();
        GzDecoder::new(archive).read_to_end(&mut content).map(|_| content)
    };
    let expected = content(&whole).unwrap();
    // gzip's header has its time and the system in bytes that nothing depends on.
    for place in (10..whole.len()).step_by(3) {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        // Bits that only fill up a byte of the compressed stream may change: the content
        // is the same then.
        if content(&damaged).is_ok_and(|content| content == expected) {
            unpacked(&damaged).0.unwrap();
        } else {
            refused(&damaged);
        }
    }
}

#[test]
fn what_is_no_pack_is_said() {
    assert_eq!(refused(b""), "`FILE` is no pack of the lab: unexpected end of file");
    assert!(refused(b"#!/bin/sh\n").starts_with("`FILE` is no pack of the lab: "));
    let other = archive(&[file("README", "")]);
    assert_eq!(
        refused(&other),
        "`FILE` is no pack of the lab: it has `README` in the place of `upcall`"
    );
    let newer = PACK.replace("\"version\": 1", "\"version\": 2");
    let newer = archive(&[file(PROGRAM, "program"), file(ABOUT, &newer)]);
    assert_eq!(
        refused(&newer),
        "`FILE` is no pack of the lab: pack.json: its format is 2, and this lab knows 1"
    );
}

#[test]
fn nothing_leads_out() {
    for name in ["../out", "/tmp/out", "a/../../out", "./a", "a//../b", "folder/", "", "a\nb"] {
        let told = refused(&hostile(&[file(name, "x")]));
        assert!(told.contains("leads out of it") || told.contains("malformed"), "{name}: {told}");
    }
    let link = |kind, target| [("a", kind, target, &b""[..]), file("a/b", "x")];
    for target in ["/etc", "..", "course.md"] {
        let told = refused(&hostile(&link(EntryType::Symlink, target)));
        assert_eq!(told, "`FILE` is damaged: its `a` is neither a file nor a link");
        let told = refused(&hostile(&link(EntryType::Link, target)));
        assert_eq!(told, format!("`FILE` is damaged: its `a` is a link to `{target}`"));
    }
    for kind in [EntryType::Char, EntryType::Fifo, EntryType::GNULongName, EntryType::XHeader] {
        refused(&hostile(&link(kind, "")));
    }
    // Even if a link is allowed, nothing is written through it.
    let told = refused(&hostile(&[("a", EntryType::Link, PROGRAM, b"program"), file("a/b", "x")]));
    assert!(told.contains("`a/b` cannot be unpacked"), "{told}");
}

#[test]
fn what_does_not_fit_its_list_is_refused() {
    let sums = format!("{}  {PROGRAM}\n{}  {ABOUT}\n", sum("program"), sum(PACK));
    let first = [file(PROGRAM, "program"), file(ABOUT, PACK), file(SUMS, &sums)];
    let told = |entries: &[Raw<'_>]| refused(&archive(entries));
    assert_eq!(
        told(&[&first[..], &[file("more", "x")]].concat()),
        "`FILE` is damaged: its SHA256SUMS does not have `more`"
    );
    let lacking = format!("{sums}{}  more\n", sum("x"));
    let lacking = [file(PROGRAM, "program"), file(ABOUT, PACK), file(SUMS, &lacking)];
    assert_eq!(told(&lacking), "`FILE` is damaged: it lacks `more`");
    assert_eq!(
        told(&[&lacking[..], &[file("more", "y")]].concat()),
        "`FILE` is damaged: its `more` is not what its SHA256SUMS says"
    );
    let twice = [&lacking[..], &[file("more", "x"), file("more", "x")]].concat();
    assert!(told(&twice).contains("its `more` cannot be unpacked"));
    let changed = [file(PROGRAM, "another"), first[1], first[2]];
    assert_eq!(told(&changed), "`FILE` is damaged: its `upcall` is not what its SHA256SUMS says");
}

#[test]
fn a_bomb_does_not_go_off() {
    let zeros = "\0".repeat(2 << 20);
    let told = refused(&hostile(&[file("zeros", &zeros)]));
    assert_eq!(told, "`FILE` is damaged: it unpacks to more than 1 MiB");
}

#[test]
fn the_hash_beside_it_counts() {
    let around = tempfile::tempdir().unwrap();
    let file = around.path().join("class.tar.gz");
    fs::write(&file, good()).unwrap();
    let sums = with_ending(&file, ".sha256");
    let folder = around.path().join("class");
    fs::write(&sums, format!("{}  class.tar.gz\n", sum("another"))).unwrap();
    let told = unpack(&file, Some(&folder)).unwrap_err().to_string();
    assert!(told.contains(", not that in `") && !folder.exists(), "{told}");
    fs::write(&sums, format!("{:X}  class.tar.gz\n", Sha256::digest(good()))).unwrap();
    assert_eq!(unpack(&file, Some(&folder)).unwrap().folder, folder);
}

#[test]
fn a_folder_with_something_in_it_stays() {
    let around = tempfile::tempdir().unwrap();
    let file = around.path().join("class.tar.gz");
    fs::write(&file, good()).unwrap();
    let folder = around.path().join("new/class");
    fs::create_dir_all(&folder).unwrap();
    unpack(&file, Some(&folder)).unwrap();
    let told = unpack(&file, Some(&folder)).unwrap_err().to_string();
    assert_eq!(told, format!("`{}` exists", folder.display()));
    assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_folder_has_a_name_of_its_own() {
    let folder = |file: &str| default_folder(Path::new(file)).display().to_string();
    assert_eq!(folder("/a/class.tar.gz"), "class");
    for file in ["upcall.tar.gz", "class", ".hidden", "."] {
        assert_ne!(folder(file), file, "{file}");
        assert_ne!(folder(file), PROGRAM, "the program is there: {file}");
    }
}

#[test]
fn what_is_damaged_in_the_cache_is_not_packed() {
    let entry = tempfile::tempdir().unwrap();
    fs::write(entry.path().join("file"), "wrong").unwrap();
    let manifest = format!("upcall manifest 1\n{} 5 0 file\n", sum("right"));
    fs::write(entry.path().join(".manifest"), manifest).unwrap();
    let mut contents = Contents::default();
    contents.text(PROGRAM, "program");
    contents.text(ABOUT, PACK);
    contents.entry("cache/programs/1/", entry.path()).unwrap();
    let told = contents.write(Vec::new()).unwrap_err().to_string();
    assert_eq!(told, "failed to pack `cache/programs/1/file`, which is damaged in the cache");
}
