//! The standard libraries of python and perl, which their files alone do not bring.
//!
//! The interpreters are not asked, because they may be a stranger's. Packages besides the
//! standard library are the person's to bring.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders of a standard library that no program needs: packages that were installed.
pub const PACKAGES: &[&str] = &["site-packages", "dist-packages"];

/// The folders of the standard library that belongs to a file, if that is an interpreter or
/// an interpreter's own library. `file` is its real path.
pub fn standard_library(file: &Path) -> BTreeSet<PathBuf> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    if let Some(version) = python_version(&name) {
        pythons(file, version)
    } else if name == "perl" || name.starts_with("perl5") || name.starts_with("libperl.so") {
        perls(file)
    } else {
        BTreeSet::new()
    }
}

/// `3.11` of `python3.11` and `libpython3.11.so.1.0`.
fn python_version(name: &str) -> Option<&str> {
    let rest = match name.strip_prefix("libpython") {
        Some(rest) => rest.split_once(".so")?.0,
        None => name.strip_prefix("python")?,
    };
    let (major, minor) = rest.split_once('.')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (is_number(major) && is_number(minor)).then_some(rest)
}

/// Python looks for `os.py` in the folders above itself (Modules/getpath.py).
fn pythons(file: &Path, version: &str) -> BTreeSet<PathBuf> {
    let name = format!("python{version}");
    let libraries = |folder: &Path| {
        // Some distributions have the 64-bit part, or all of it, in lib64.
        let folders = ["lib", "lib64"].map(|lib| folder.join(lib).join(&name));
        let found = folders.iter().any(|folder| folder.join("os.py").is_file());
        found.then(|| folders.into_iter().filter(|folder| folder.is_dir()).collect())
    };
    file.ancestors().skip(1).find_map(libraries).unwrap_or_default()
}

/// Perl has the folders of `@INC` as texts.
fn perls(file: &Path) -> BTreeSet<PathBuf> {
    let Ok(bytes) = fs::read(file) else { return BTreeSet::new() };
    let texts = bytes.split(|&byte| byte == 0).filter_map(|text| std::str::from_utf8(text).ok());
    let folders = texts.filter(|text| text.starts_with('/')).map(Path::new);
    // The two parts of the library, for all architectures and for one.
    let is_standard = |folder: &&Path| {
        ["strict.pm", "Config.pm"].iter().any(|module| folder.join(module).is_file())
    };
    folders.filter(is_standard).map(Path::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_python_has_its_version_in_its_name() {
        assert_eq!(python_version("python3.11"), Some("3.11"));
        assert_eq!(python_version("libpython3.9.so.1.0"), Some("3.9"));
        for other in ["python3", "python3.11-config", "python", "libpython3.so", "x3.11"] {
            assert_eq!(python_version(other), None, "{other}");
        }
    }

    #[test]
    fn a_library_is_found_where_the_interpreter_looks() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["bin", "lib/python3.8", "lib64/python3.8", "lib/perl", "lib/site"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        let library = |name: &str| standard_library(&at(name));
        assert_eq!(library("bin/python3.8"), BTreeSet::new());
        fs::write(at("lib64/python3.8/os.py"), "").unwrap();
        let both = BTreeSet::from([at("lib/python3.8"), at("lib64/python3.8")]);
        assert_eq!(library("bin/python3.8"), both);
        assert_eq!(library("lib/x86_64-linux-gnu/libpython3.8.so.1.0"), both);
        assert_eq!(library("bin/python3.9"), BTreeSet::new());

        fs::write(at("lib/perl/strict.pm"), "").unwrap();
        let [perl, site] = ["lib/perl", "lib/site"].map(|name| at(name).display().to_string());
        fs::write(at("bin/perl"), format!("\x7f\0{perl}\0{site}\0/nowhere\0")).unwrap();
        assert_eq!(library("bin/perl"), BTreeSet::from([at("lib/perl")]));
    }
}
