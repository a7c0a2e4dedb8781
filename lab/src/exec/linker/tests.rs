use super::*;
use crate::exec::elf::Needed;

/// A library or program that needs others and says where to search.
fn image(needed: &[&str], rpath: Option<&str>, runpath: Option<&str>) -> Image {
    let needed = needed.iter().map(|&name| Needed { name: name.to_owned(), optional: false });
    Image {
        machine: Machine::X86_64,
        interpreter: None,
        soname: None,
        needed: needed.collect(),
        rpath: rpath.map(str::to_owned),
        runpath: runpath.map(str::to_owned),
        no_default_folders: false,
    }
}

/// Writes the smallest possible library, which needs nothing, to these paths in a folder.
fn libraries_in(folder: &Path, paths: &[&str]) {
    let mut header = [0_u8; 64];
    header[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    // ET_DYN, EM_X86_64, EV_CURRENT, then the sizes of this and the other headers.
    for (place, byte) in [(16, 3), (18, 62), (20, 1), (52, 64), (54, 56), (58, 64)] {
        header[place] = byte;
    }
    for (number, path) in paths.iter().enumerate() {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, [&header[..], &[number as u8]].concat()).unwrap();
    }
}

/// What a linker loads for a program at `/app/bin/program` if the host has these files.
fn loaded(linker: &str, program: Image, files: &[&str]) -> Result<Vec<String>, Missing> {
    let folder = tempfile::tempdir().unwrap();
    libraries_in(folder.path(), files);
    let host = |path: &str| folder.path().join(&path[1..]);
    Linker::new(linker, &host).libraries("/app/bin/program", program)
}

const MUSL: &str = "/lib/ld-musl-x86_64.so.1";

#[test]
fn musl_has_rules_of_its_own() {
    let load = |program, files: &[&str]| loaded(MUSL, program, files);
    let files =
        ["lib/ld-musl-x86_64.so.1", "usr/lib/libf.so", "app/lib/libf.so", "app/bin/program"];
    let found = |path: &str| Ok(vec![path.to_owned()]);
    // The linker is its own C library, whatever its name.
    let own = image(&["libc.musl-x86_64.so.1", "libm.so.6"], None, None);
    assert_eq!(load(own, &files), Ok(vec![]));
    assert_eq!(load(image(&["libf.so"], None, None), &files), found("/usr/lib/libf.so"));
    let up = "/app/bin/../lib/libf.so";
    let origin = Some("$ORIGIN/../lib");
    assert_eq!(load(image(&["libf.so"], origin, None), &files), found(up));
    assert_eq!(load(image(&["libf.so"], None, Some("${ORIGIN}/../lib")), &files), found(up));
    // It expands no other placeholder.
    let lib = image(&["libf.so"], None, Some("$ORIGIN/../$LIB:/app/lib"));
    assert_eq!(load(lib, &files), found("/usr/lib/libf.so"));
    let nowhere = load(image(&["libg.so"], None, None), &files);
    let places = ["/lib", "/usr/local/lib", "/usr/lib"].map(str::to_owned).to_vec();
    let (library, needer) = ("libg.so".to_owned(), "/app/bin/program".to_owned());
    assert_eq!(nowhere, Err(Missing::Nowhere { library, needer, places }));
}

#[test]
fn what_stands_for_something_is_expanded() {
    let object = |path: &str| Object {
        path: path.to_owned(),
        image: image(&[], None, None),
        loader: None,
        names: Vec::new(),
        identity: None,
    };
    let host = |path: &str| PathBuf::from(path);
    let folders = vec!["/lib/x86_64-linux-gnu".to_owned(), "/lib".to_owned()];
    let rules = Rules::Glibc(Glibc { folders, ..Glibc::default() });
    let linker = Linker { path: String::new(), rules, host: &host };
    let expand = |text| linker.expand(text, &object("/app/bin/program"));
    assert_eq!(expand("$ORIGIN/../lib"), "/app/bin/../lib");
    assert_eq!(expand("${ORIGIN}x"), "/app/binx");
    assert_eq!(expand("/a/$LIB/$PLATFORM"), "/a/lib/x86_64-linux-gnu/x86_64");
    // As in ld.so, a longer name is a different one.
    assert_eq!(expand("/$LIBx/$/${LIB"), "/$LIBx/$/${LIB");
    assert_eq!(linker.expand("$ORIGIN", &object("/program")), "/");
}

#[test]
fn a_rpath_goes_for_all_that_it_brings_and_a_runpath_wins() {
    let load = |program| loaded("/lib64/ld.so", program, &["a/libf.so", "b/libf.so"]);
    let found = |path: &str| Ok(vec![path.to_owned()]);
    assert_eq!(load(image(&["libf.so"], Some("/a:/b"), None)), found("/a/libf.so"));
    assert_eq!(load(image(&["libf.so"], Some("/a"), Some("/b"))), found("/b/libf.so"));
    // A library that is already there is not searched again.
    let path = image(&["/b/libf.so", "libf.so"], Some("/b"), None);
    assert_eq!(load(path), found("/b/libf.so"));
}
