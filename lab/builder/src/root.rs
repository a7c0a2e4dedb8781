//! Finds this repository. It is looked up at run time, because a checkout may be moved or
//! copied together with its build results.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use explain::{ExitStatus, Explain};
use host::PACK;

/// Files that only this repository has.
const MARKS: [&str; 2] = ["images/kernel.fragment", "guest-programs/init/Cargo.toml"];

/// The repository of this program. It is the pack that the program belongs to, or else the
/// one in which Cargo started the program, or else the one around the current folder, or
/// else the one that contains the program. `None` if there is none.
pub fn find() -> Option<PathBuf> {
    let program = std::env::current_exe().ok();
    if let Some(pack) = program.as_deref().and_then(pack_of) {
        return Some(pack);
    }
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    first([manifest, std::env::current_dir().ok(), program].into_iter().flatten())
}

/// The pack that a program is directly in. It works on that, wherever it is called.
fn pack_of(program: &Path) -> Option<PathBuf> {
    let folder = program.parent()?;
    (folder.join(PACK).is_file() && is_one(folder)).then(|| folder.to_owned())
}

/// The first repository that contains one of these places.
fn first(places: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    let around =
        |place: PathBuf| place.ancestors().find(|folder| is_one(folder)).map(Path::to_owned);
    places.into_iter().find_map(around)
}

fn is_one(folder: &Path) -> bool {
    MARKS.iter().all(|mark| folder.join(mark).is_file())
}

/// The folder in which a command was called is not in a repository of the lab.
#[derive(Debug, thiserror::Error)]
#[error("failed to find the lab's own checkout around `{}`", folder.display())]
pub struct NoRoot {
    pub folder: PathBuf,
}

impl Explain for NoRoot {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Build
    }

    fn hint(&self) -> Option<String> {
        Some("call `cargo xtask` in the checkout".to_owned())
    }
}

/// This repository's folder, which contains `images/` and PID 1's sources.
///
/// A command line reports first if it cannot [find] one. Here the current folder is used
/// in that case.
pub fn root() -> PathBuf {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| find().unwrap_or_else(|| PathBuf::from("."))).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_found_from_within() {
        let folder = tempfile::tempdir().unwrap();
        let repository = |name: &str| {
            let root = folder.path().join(name);
            for mark in MARKS {
                let file = root.join(mark);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, "").unwrap();
            }
            root
        };
        let [one, copy] = [repository("one"), repository("copy")];
        let inside = |root: &Path| root.join("target/debug/upcall");
        assert_eq!(first([inside(&one)]), Some(one.clone()));
        assert_eq!(first([folder.path().to_owned(), inside(&copy)]), Some(copy.clone()));
        assert_eq!(first([copy.join("lab"), inside(&one)]), Some(copy.clone()));
        assert_eq!(first([folder.path().to_owned()]), None);
        // A pack's program knows where it belongs.
        let program = copy.join("upcall");
        assert_eq!(pack_of(&program), None);
        std::fs::write(copy.join(PACK), "").unwrap();
        assert_eq!(pack_of(&program), Some(copy.clone()));
        assert_eq!(pack_of(&inside(&copy)), None);
        // A folder that only looks like a repository.
        std::fs::remove_file(one.join(MARKS[0])).unwrap();
        assert_eq!(first([inside(&one)]), None);
    }
}
