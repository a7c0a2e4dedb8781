//! Where this repository is. It is asked at run time: a checkout may be moved, or
//! copied with the programs that were built in it.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use explain::{ExitStatus, Explain};

/// What only this repository has.
const MARKS: [&str; 2] = ["images/kernel.fragment", "guest-programs/init/Cargo.toml"];

/// The repository that this program belongs to: the one that Cargo started it in;
/// otherwise the one around the folder that it is started in; otherwise the one
/// that it lies in. `None` if there is none of these.
pub fn find() -> Option<PathBuf> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let places = [manifest, std::env::current_dir().ok(), std::env::current_exe().ok()];
    first(places.into_iter().flatten())
}

/// The first repository that one of these places lies in.
fn first(places: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    let around =
        |place: PathBuf| place.ancestors().find(|folder| is_one(folder)).map(Path::to_owned);
    places.into_iter().find_map(around)
}

fn is_one(folder: &Path) -> bool {
    MARKS.iter().all(|mark| folder.join(mark).is_file())
}

/// There is no repository around the folder that a command was called in.
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

/// The folder of this repository: where `images/` and PID 1's sources are.
///
/// A command line says first if it cannot [find] one; here it is then taken to be
/// the folder that the program was started in.
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
        assert_eq!(first([copy.join("lab"), inside(&one)]), Some(copy));
        assert_eq!(first([folder.path().to_owned()]), None);
        // A folder that only looks like one.
        std::fs::remove_file(one.join(MARKS[0])).unwrap();
        assert_eq!(first([inside(&one)]), None);
    }
}
