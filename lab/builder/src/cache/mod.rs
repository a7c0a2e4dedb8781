//! The cache: one folder outside the checkout for everything that is built.
//!
//! An entry is in `KIND/KEY`, and its key is the hash of all its inputs. It is built in a
//! folder next to its place and renamed when finished, so no process sees half a result.
//! The builder holds a kernel lock (flock(2)), which dies with its process. So there are
//! no stale locks, and the next process that opens the cache removes what a killed build
//! left.
//!
//! If the cache is larger than its limit, entries that were used least recently are
//! removed, but never one that is in use. A kernel with its source takes about 1.8 GB of
//! disk.

mod content;
mod kept;
mod key;
mod manifest;
mod seen;
mod shared;
mod site;
mod unused;
mod uses;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use explain::{ExitStatus, Explain};

use crate::progress::Progress;

pub(crate) use content::sha256;
pub use content::stamp;
pub use kept::Kept;
pub use key::{Key, KeyBuilder, is_an_editors};
use manifest::Depth;
pub use manifest::{Listing, NAME as MANIFEST, dated, hashes};
pub use seen::Seen;
use shared::Shared;
use site::{Site, UNFINISHED};
use uses::{IN_USE, Uses};

/// The folder for everything that is built.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
    /// Entries that were looked up here are in use as long as this lives.
    uses: Arc<Uses>,
    /// The maximum size on disk, bytes.
    bound: u64,
    /// Caches of others, which are looked at first and never written to.
    shared: Arc<Vec<Shared>>,
    /// What was looked up, if somebody wants to know.
    seen: Option<Arc<Seen>>,
}

/// The variable with a person's own limit, GiB.
const BOUND_VARIABLE: &str = "UPCALL_CACHE_GIB";

/// The variable with the folder of a cache that many people share.
pub const SHARED_VARIABLE: &str = "UPCALL_SHARED_CACHE";

/// Why the cache failed.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    #[error("failed to find a place for the cache: neither XDG_CACHE_HOME nor HOME is set")]
    NoHome,
    #[error("`{BOUND_VARIABLE}` is `{value}`, which is not a number of GiB")]
    NoBound { value: String },
    #[error("`{SHARED_VARIABLE}` is `{value}`, which is not the path of a folder: {reason}")]
    NoShared { value: String, reason: String },
    #[error("failed to create `{}`: {source}", path.display())]
    Create { path: PathBuf, source: std::io::Error },
    #[error("failed to lock `{}`: {source}", path.display())]
    Lock { path: PathBuf, source: std::io::Error },
    #[error("failed to read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("failed to write `{}`: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("failed to rename `{}`: {source}", path.display())]
    Rename { path: PathBuf, source: std::io::Error },
    #[error("failed to remove `{}`: {source}", path.display())]
    Remove { path: PathBuf, source: std::io::Error },
}

impl Explain for CacheError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            CacheError::NoBound { .. } | CacheError::NoShared { .. } => ExitStatus::Usage,
            _ => ExitStatus::Build,
        }
    }

    fn hint(&self) -> Option<String> {
        use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, StorageFull};
        match self {
            CacheError::NoBound { .. } => None,
            CacheError::NoShared { .. } => Some(
                "it is what `cargo xtask setup` filled with XDG_CACHE_HOME set: the folder `upcall` \
                 there"
                    .to_owned(),
            ),
            CacheError::NoHome => Some("set XDG_CACHE_HOME to a folder to keep builds in".into()),
            CacheError::Create { source, .. }
            | CacheError::Lock { source, .. }
            | CacheError::Read { source, .. }
            | CacheError::Write { source, .. }
            | CacheError::Rename { source, .. }
            | CacheError::Remove { source, .. } => match source.kind() {
                StorageFull => Some(
                    "free some space, or set XDG_CACHE_HOME to a folder on another disk".into(),
                ),
                PermissionDenied | ReadOnlyFilesystem => {
                    Some("set XDG_CACHE_HOME to a folder that you may write to".into())
                }
                _ => None,
            },
        }
    }
}

impl Cache {
    /// Opens `$XDG_CACHE_HOME/upcall`, or else `$HOME/.cache/upcall`. Creates it if it
    /// does not exist. Below it are the cache of the pack that this is, if it is one, and
    /// the one in `UPCALL_SHARED_CACHE`.
    pub fn open() -> Result<Cache, CacheError> {
        // The XDG specification says that relative paths are ignored.
        let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
        let caches = absolute("XDG_CACHE_HOME")
            .or_else(|| Some(absolute("HOME")?.join(".cache")))
            .ok_or(CacheError::NoHome)?;
        let mut cache = Cache::at(caches.join("upcall"))?;
        if let Some(value) = std::env::var_os(BOUND_VARIABLE) {
            let value = value.to_string_lossy().into_owned();
            let gib: u32 = value.parse().map_err(|_| CacheError::NoBound { value })?;
            cache.bound = u64::from(gib) << 30;
        }
        let packed = crate::pack::here().map(|_| crate::root().join(crate::pack::CACHE));
        let mut shared: Vec<PathBuf> = packed.into_iter().chain(shared::chosen()?).collect();
        // A person who fills a shared cache has it as their own.
        shared.retain(|folder| !is_same(folder, &cache.root));
        Ok(cache.over(shared))
    }

    /// The same cache over others, which are looked at first, in this order. Nothing is
    /// written to them.
    pub fn over(self, shared: impl IntoIterator<Item = PathBuf>) -> Cache {
        Cache { shared: Arc::new(shared.into_iter().map(Shared::at).collect()), ..self }
    }

    /// The same cache, which notes what is looked up in it from now on.
    pub fn noting(&self) -> (Cache, Arc<Seen>) {
        let seen = Arc::new(Seen::default());
        (Cache { seen: Some(Arc::clone(&seen)), ..self.clone() }, seen)
    }

    /// Opens the cache in a folder. Creates it if it does not exist.
    pub fn at(root: impl Into<PathBuf>) -> Result<Cache, CacheError> {
        let root = root.into();
        create(&root)?;
        // Backup programs and similar tools skip a folder with this tag.
        let tag = root.join("CACHEDIR.TAG");
        let text = "Signature: 8a477f597d28d172789f06886806bc55\n";
        if fs::read_to_string(&tag).ok().as_deref() != Some(text) {
            fs::write(&tag, text).map_err(|source| CacheError::Write { path: tag, source })?;
        }
        let uses = Arc::new(Uses::of(&root));
        let (bound, shared) = (unused::BOUND, Arc::default());
        let cache = Cache { root, uses, bound, shared, seen: None };
        cache.sweep();
        Ok(cache)
    }

    /// Removes what killed builds left. What cannot be removed does no harm.
    fn sweep(&self) {
        let Ok(root) = File::open(&self.root) else { return };
        if root.try_lock_shared().is_err() {
            return;
        }
        for kind in fs::read_dir(&self.root).into_iter().flatten().flatten() {
            // Most kinds have no leftovers.
            let _ = site::sweep(&kind.path());
        }
    }

    /// Opens a cache in another folder that has this cache's current entries of some
    /// kinds. Those need not be built. What is built there, or found damaged, does not
    /// affect this cache.
    pub fn sharing(&self, root: impl Into<PathBuf>, kinds: &[&str]) -> Result<Cache, CacheError> {
        let cache = Cache::at(root)?;
        for kind in kinds {
            create(&cache.root.join(kind))?;
            create(&self.root.join(kind))?;
            for shared in self.shared.iter() {
                shared.link(kind, &cache.root)?;
            }
            shared::link(&self.root, &self.uses, kind, &cache.root)?;
        }
        Ok(cache)
    }

    /// The cache's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of an entry. Builds the entry if it does not exist or is damaged.
    ///
    /// `build` fills the folder that it is given. That is not the entry's final folder,
    /// so `build` must not keep its path. If another process builds the same entry, this
    /// waits for it and uses its result. Errors come from `build` and from the cache
    /// itself.
    pub fn entry<E: From<CacheError>>(
        &self,
        kind: &str,
        key: &Key,
        progress: &dyn Progress,
        build: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<PathBuf, E> {
        self.entry_listing(kind, key, Listing::All, progress, build)
    }

    /// Like [`Cache::entry`], for entries where not every file is checked on each use.
    pub fn entry_listing<E: From<CacheError>>(
        &self,
        kind: &str,
        key: &Key,
        listing: Listing,
        progress: &dyn Progress,
        build: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<PathBuf, E> {
        if let Some(entry) = self.find(kind, key) {
            return Ok(entry);
        }
        let _shared = self.share()?;
        let site = self.site(kind, key, progress)?;

        let entry = self.place(kind, key);
        match manifest::damage(&entry, Depth::Touched) {
            None => return Ok(self.seen(kind, key, entry)),
            Some(damage) if entry.exists() => {
                progress.note(&format!(
                    "`{kind}` in the cache is damaged ({damage}): building it again"
                ));
                remove(&entry)?;
            }
            Some(_) => {}
        }
        for shared in self.shared.iter() {
            shared.tell_damage(kind, key, progress);
        }
        build(site.folder())?;
        manifest::write(site.folder(), listing)?;
        let path = site.folder().to_owned();
        site.finish(&entry).map_err(|source| CacheError::Rename { path, source })?;
        self.keep_within_bound();
        Ok(self.seen(kind, key, entry))
    }

    /// The folder of an entry, if it exists and is not damaged. Costs one `lstat` for
    /// each of its files. From then on, the entry is in use.
    pub fn find(&self, kind: &str, key: &Key) -> Option<PathBuf> {
        if let Some(entry) = self.shared.iter().find_map(|shared| shared.find(kind, key)) {
            return Some(self.seen(kind, key, entry));
        }
        let entry = self.place(kind, key);
        self.uses.hold(kind, &key.to_string());
        let is_sound = manifest::damage(&entry, Depth::Touched).is_none();
        is_sound.then(|| {
            uses::note(&entry);
            self.seen(kind, key, entry)
        })
    }

    /// Notes that an entry was looked up, if somebody wants to know. Returns its folder.
    fn seen(&self, kind: &str, key: &Key, entry: PathBuf) -> PathBuf {
        if let Some(seen) = &self.seen {
            seen.note(kind, key, &entry);
        }
        entry
    }

    /// Reads everything in an entry and says what is wrong with it, or `None` if nothing
    /// is.
    pub fn verify(&self, kind: &str, key: &Key) -> Option<String> {
        manifest::damage(&self.place(kind, key), Depth::Everything)
    }

    /// Waits for current builds and removes everything. Returns how many bytes of disk
    /// that freed.
    pub fn clean(&self) -> Result<u64, CacheError> {
        let read = |source| CacheError::Read { path: self.root.clone(), source };
        let root = File::open(&self.root).map_err(read)?;
        root.lock().map_err(|source| CacheError::Lock { path: self.root.clone(), source })?;
        let mut freed = 0;
        for child in fs::read_dir(&self.root).map_err(read)? {
            let child = child.map_err(read)?;
            if child.file_name() == IN_USE {
                continue;
            }
            let path = child.path();
            freed += disk_use(&path)
                .map_err(|source| CacheError::Read { path: path.clone(), source })?;
            remove(&path)?;
        }
        Ok(freed)
    }

    /// Takes the lock that all builders share and that keeps [`Cache::clean`] waiting.
    fn share(&self) -> Result<File, CacheError> {
        let failed = |source| CacheError::Lock { path: self.root.clone(), source };
        let root = File::open(&self.root).map_err(failed)?;
        root.lock_shared().map_err(failed)?;
        Ok(root)
    }

    fn place(&self, kind: &str, key: &Key) -> PathBuf {
        self.root.join(kind).join(key.to_string())
    }

    /// Takes the folder in which an entry is built.
    fn site(&self, kind: &str, key: &Key, progress: &dyn Progress) -> Result<Site, CacheError> {
        let path = self.root.join(kind).join(UNFINISHED).join(key.to_string());
        let waiting =
            || progress.note(&format!("waiting for another process that builds the {kind}"));
        Site::take(path.clone(), waiting).map_err(|source| CacheError::Lock { path, source })
    }
}

/// Whether two paths lead to the same folder.
fn is_same(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

fn create(folder: &Path) -> Result<(), CacheError> {
    fs::create_dir_all(folder)
        .map_err(|source| CacheError::Create { path: folder.to_owned(), source })
}

/// Removes a file or folder if it exists.
fn remove(path: &Path) -> Result<(), CacheError> {
    site::remove(path).map_err(|source| CacheError::Remove { path: path.to_owned(), source })
}

/// The size of a file or folder on disk, including the folder itself, bytes.
fn disk_use(path: &Path) -> std::io::Result<u64> {
    use std::os::unix::fs::MetadataExt;
    let meta = fs::symlink_metadata(path)?;
    let mut bytes = meta.blocks() * 512; // stat(2): st_blocks counts 512 B units
    if meta.is_dir() {
        for child in fs::read_dir(path)? {
            bytes += disk_use(&child?.path())?;
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
