//! A cache of the benchmark's own, which shares what it is told to share with
//! the real one and is gone when the benchmark is over.

use std::path::Path;

use tempfile::TempDir;

use super::BenchError;

/// Makes a folder for `XDG_CACHE_HOME` whose `upcall` has links to these kinds
/// of entries of the cache at `real`.
pub fn cache(real: &Path, shared: &[&str]) -> Result<TempDir, BenchError> {
    let failed = |verb, path: &Path| {
        let path = path.to_owned();
        move |source| BenchError::File { verb, path, source }
    };
    let folder = tempfile::tempdir().map_err(failed("create", Path::new("a temporary folder")))?;
    let upcall = folder.path().join("upcall");
    std::fs::create_dir(&upcall).map_err(failed("create", &upcall))?;
    for kind in shared {
        let link = upcall.join(kind);
        std::os::unix::fs::symlink(real.join(kind), &link).map_err(failed("create", &link))?;
    }
    Ok(folder)
}
