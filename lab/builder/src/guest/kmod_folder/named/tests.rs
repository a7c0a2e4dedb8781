use std::os::unix::fs::symlink;

use super::*;

/// What is taken for `proj/drv` in a folder of these files. Paths outside it are shown
/// without the names of the folders above.
fn taken(files: &[(&str, &str)], links: &[(&str, &str)], trusted: bool) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    for (name, target) in links {
        symlink(target, root.join(name)).unwrap();
    }
    // As long as a large tree, but it takes no disk.
    if let Ok(huge) = fs::File::options().write(true).open(root.join("proj/huge/tree.c")) {
        huge.set_len(BYTES_MAX + 1).unwrap();
    }
    let taken = take(&root.join("proj/drv"), trusted).unwrap();
    assert_eq!(taken.folder.components().count(), LEVELS + 1);
    let name = |path: &PathBuf| {
        let parts = path.iter().skip_while(|part| *part == ABOVE);
        parts.collect::<PathBuf>().display().to_string()
    };
    let mut names: Vec<_> = taken.files.keys().map(name).collect();
    names.sort();
    names
}

#[test]
fn a_folder_is_taken_without_what_was_built_there() {
    let files = [
        ("proj/drv/Makefile", ""),
        ("proj/drv/a.c", ""),
        ("proj/drv/a.o", ""),
        ("proj/drv/.a.o.cmd", ""),
        ("proj/drv/a.ko", ""),
        ("proj/drv/blob.o", ""),
        ("proj/drv/.a.c.swp", ""),
        ("proj/drv/.git/config", ""),
        ("proj/drv/sub/data", ""),
        ("proj/secret.h", ""),
    ];
    assert_eq!(
        taken(&files, &[], false),
        ["drv/Makefile", "drv/a.c", "drv/blob.o", "drv/sub/data"]
    );
}

#[test]
fn source_files_that_are_named_are_taken() {
    let own = [
        ("proj/drv/Makefile", "ccflags-y := -I$(src)/../common -I$(PWD)/..\ninclude ../a.mk\n"),
        ("proj/drv/drv.c", "# include \"../up.h\"\n#include \"shared/x.h\"\n#include <y/z.h>\n"),
    ];
    let beside = [
        ("proj/common/deep/word.h", ""),
        ("proj/common/key.pem", ""),
        ("proj/common/.hidden/x.h", ""),
        ("proj/a.mk", "X := $(shell cat ../../far/more.mk)"),
        ("far/more.mk", ""),
        ("proj/up.h", "#include \"next/to.h\"\n"),
        ("proj/next/to.h", ""),
        ("proj/shared/x.h", ""),
        ("proj/y/z.h", ""),
        ("proj/unnamed/z.h", ""),
        ("proj/letter.txt", ""),
    ];
    assert_eq!(
        taken(&[&own[..], &beside].concat(), &[], false),
        [
            "a.mk",
            "common/deep/word.h",
            "drv/Makefile",
            "drv/drv.c",
            "far/more.mk",
            "next/to.h",
            "shared/x.h",
            "up.h",
            "y/z.h"
        ]
    );
}

#[test]
fn a_folder_beside_that_is_too_large_is_left_out() {
    let files = [
        ("proj/drv/Makefile", "KDIR ?= ../huge\nccflags-y := -I$(src)/../common\n"),
        ("proj/huge/a.h", ""),
        ("proj/huge/tree.c", ""),
        ("proj/common/word.h", ""),
    ];
    assert_eq!(taken(&files, &[], false), ["common/word.h", "drv/Makefile"]);
}

#[test]
fn links_lead_to_source_files() {
    let files = [
        ("proj/drv/Makefile", "X := $(src)/../common\n"),
        ("proj/common/word.h", ""),
        ("proj/.ssh/key", ""),
        ("proj/.ssh/key.h", ""),
        ("proj/letter", ""),
    ];
    let links = [
        ("proj/drv/word.h", "../common/word.h"),
        ("proj/drv/letter.h", "../letter"),
        ("proj/drv/key.h", "../.ssh/key.h"),
        ("proj/drv/nowhere.h", "nowhere"),
        ("proj/drv/all", ".."),
        ("proj/drv/again", "."),
        ("proj/common/key.h", "../.ssh/key"),
    ];
    assert_eq!(taken(&files, &links, false), ["common/word.h", "drv/Makefile", "drv/word.h"]);
    let all = taken(&files, &links[..2], true);
    for name in [".ssh", "common", "drv/Makefile", "drv/letter.h", "drv/word.h"] {
        assert!(all.iter().any(|taken| taken == name), "{name}: {all:?}");
    }
}
