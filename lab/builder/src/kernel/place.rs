//! Checks whether a kernel can be built in a folder.

use std::path::Path;

use super::KernelError;

/// Refuses a path that the kernel's make cannot handle. It splits some paths at blanks
/// and colons, and passes others unquoted to a shell.
pub fn check(path: &Path) -> Result<(), KernelError> {
    // make uses the real path.
    let real = path.canonicalize();
    for path in [Some(path), real.as_deref().ok()].into_iter().flatten() {
        if let Some(character) = path.to_string_lossy().chars().find(|&c| !is_fit(c)) {
            return Err(KernelError::Unfit { path: path.to_owned(), character });
        }
    }
    Ok(())
}

fn is_fit(character: char) -> bool {
    character.is_alphanumeric() || "/._-+,@=~".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_make_cannot_handle_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let bad = folder.path().join("a b");
        std::fs::create_dir(&bad).unwrap();
        let link = folder.path().join("Übung-1.2_c+d,e@f=g~");
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        assert!(check(&link).is_ok());
        for path in [bad.clone(), link.join("a b")] {
            let told = check(&path).unwrap_err().to_string();
            let path = path.display();
            assert_eq!(
                told,
                format!("failed to build a kernel in `{path}`: make cannot handle the ` ` in it")
            );
        }
        std::fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(&bad, &link).unwrap();
        assert!(check(&link).is_err(), "what it leads to counts");
        for name in ["a:b", "a$b", "a%b", "a#b", "a'b", "a\nb", "a;b"] {
            assert!(check(Path::new(name)).is_err(), "{name}");
        }
    }
}
