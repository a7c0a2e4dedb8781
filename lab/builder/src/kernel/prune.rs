//! Reduces a build to what modules and gdb need.

use fs_err as fs;
use std::path::Path;

use super::KernelError;

/// Removes objects and make's records of them from a build folder. What stays is the
/// content of a distribution's headers package, plus `vmlinux` for gdb.
pub fn prune(build: &Path) -> Result<(), KernelError> {
    for entry in fs::read_dir(build)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            prune(&path)?;
        } else if is_spent(&entry.file_name().to_string_lossy()) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Whether a file is no longer needed once the kernel is linked.
fn is_spent(name: &str) -> bool {
    let suffixes = [".o", ".a", ".cmd", ".d", ".dwo"];
    let names = ["modules.order", "modules.builtin", "modules.builtin.modinfo"];
    name.starts_with(".tmp_vmlinux")
        || names.contains(&name)
        || (suffixes.iter().any(|suffix| name.ends_with(suffix)) && name != "auto.conf.cmd")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_modules_need_stays() {
        let folder = tempfile::tempdir().unwrap();
        let sub = folder.path().join("include/config");
        fs::create_dir_all(&sub).unwrap();
        for name in ["auto.conf", "auto.conf.cmd", "a.o", ".a.o.cmd"] {
            fs::write(sub.join(name), "").unwrap();
        }
        for name in ["vmlinux", "vmlinux.o", ".tmp_vmlinux1", "Module.symvers", ".config"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        prune(folder.path()).unwrap();
        let names = |folder: &Path| {
            let mut names: Vec<_> =
                fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect();
            names.sort();
            names
        };
        assert_eq!(names(folder.path()), [".config", "Module.symvers", "include", "vmlinux"]);
        assert_eq!(names(&sub), ["auto.conf", "auto.conf.cmd"]);
    }
}
