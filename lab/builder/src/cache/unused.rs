//! Automatic removal, so that the cache does not grow without end.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::site::{self, UNFINISHED};
use super::uses::{self, Uses};
use super::{Cache, CacheError, disk_use, manifest};

/// The default maximum size of the cache on disk, bytes. Everything for all lessons and
/// exercises takes about half of it.
pub const BOUND: u64 = 8 << 30;

/// The minimum time between two checks of the size.
const INTERVAL: Duration = Duration::from_secs(60);
/// The file whose time is that of the last check.
const LOOKED_AT: &str = "looked-at";

/// Kinds that take minutes to make or that all lessons need. They count as used this much
/// later than they were.
const DEAR: &[&str] = &["kernel", "kernel-source", "checkpoints"];
const HEAD_START: Duration = Duration::from_secs(7 * 24 * 3600);

/// Students' compiled files. `watch` leaves one for each saved version, and they are not
/// needed again.
const SHORT_LIVED: &str = "submissions";
const SHORT: Duration = Duration::from_secs(24 * 3600);

/// The file with an entry's size on disk, bytes: walking through a kernel's source would
/// take a second.
const SIZE: &str = ".size";

/// Something in the cache that can be removed independently.
struct Thing {
    kind: String,
    name: String,
    path: PathBuf,
    used: SystemTime,
}

impl Cache {
    /// Removes everything that was not used for `time` and is not in use. Returns how
    /// many bytes of disk that freed.
    pub fn clean_unused(&self, time: Duration) -> Result<u64, CacheError> {
        let _shared = self.share()?;
        let uses = Uses::of(&self.root);
        let old = self.things().into_iter().filter(|thing| !uses::is_within(thing.used, time));
        Ok(old.filter_map(|thing| remove(&uses, &thing)).sum())
    }

    /// Checks the size, unless that was done a moment ago. Errors are ignored, because
    /// the next check will do the work.
    pub(super) fn keep_within_bound(&self) {
        let path = self.root.join(LOOKED_AT);
        let is_early = |path: &Path| uses::last(path).is_ok_and(|at| uses::is_within(at, INTERVAL));
        let note = || File::create(&path)?.set_modified(SystemTime::now());
        if !is_early(&path) && note().is_ok() {
            self.trim();
        }
    }

    /// Removes old short-lived entries, then the least recently used ones until the rest
    /// is within the limit. What is in use stays.
    pub(super) fn trim(&self) {
        let uses = Uses::of(&self.root);
        let (old, mut things): (Vec<_>, Vec<_>) = self
            .things()
            .into_iter()
            .partition(|thing| thing.kind == SHORT_LIVED && !uses::is_within(thing.used, SHORT));
        for thing in &old {
            remove(&uses, thing);
        }
        let size = things.iter().map(|thing| size(&thing.path)).sum::<u64>();
        // Remove a bit more, so that this is not necessary again at once.
        let Some(mut excess) = size.checked_sub(self.bound) else { return };
        excess += self.bound / 8;
        things.sort_by_key(Thing::order);
        for thing in things {
            excess = excess.saturating_sub(remove(&uses, &thing).unwrap_or(0));
            if excess == 0 {
                return;
            }
        }
    }

    /// Everything in the cache, except what is being built and what belongs to another
    /// cache.
    fn things(&self) -> Vec<Thing> {
        let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
        let mut things = Vec::new();
        for kind in entries(&self.root) {
            for entry in entries(&kind.path()) {
                let path = entry.path();
                let is_own = entry.file_type().is_ok_and(|it| !it.is_symlink());
                if let (true, Ok(used)) =
                    (is_own && entry.file_name() != UNFINISHED, uses::last(&path))
                {
                    let text = |name: std::ffi::OsString| name.to_string_lossy().into_owned();
                    let (kind, name) = (text(kind.file_name()), text(entry.file_name()));
                    things.push(Thing { kind, name, path, used });
                }
            }
        }
        things
    }
}

impl Thing {
    /// The sort key: the smallest is removed first.
    fn order(&self) -> SystemTime {
        let is_dear = DEAR.contains(&self.kind.as_str());
        if is_dear { self.used + HEAD_START } else { self.used }
    }
}

/// Removes a thing that is not in use. Returns how many bytes that freed, or `None` if
/// the thing stays.
fn remove(uses: &Uses, thing: &Thing) -> Option<u64> {
    let size = size(&thing.path);
    let taken = uses.take(&thing.kind, &thing.name)?;
    let lock = File::open(&thing.path).ok()?;
    lock.try_lock().ok()?;
    // No process ever sees half of it. If this process is killed, the next one continues.
    let grave = thing.path.with_file_name(UNFINISHED).join(format!("removed-{}", thing.name));
    fs::create_dir_all(grave.parent()?).ok()?;
    fs::rename(&thing.path, &grave).ok()?;
    drop(taken);
    let _ = site::remove(&grave);
    let _ = fs::remove_dir(grave.parent()?);
    Some(size)
}

/// The size of something on disk, bytes.
fn size(path: &Path) -> u64 {
    let noted = fs::read_to_string(path.join(SIZE)).ok().and_then(|text| text.parse().ok());
    noted.unwrap_or_else(|| {
        let size = disk_use(path).unwrap_or(0);
        // Only the size of an entry never changes.
        if path.join(manifest::NAME).exists() {
            let _ = fs::write(path.join(SIZE), size.to_string());
        }
        size
    })
}

#[cfg(test)]
mod tests;
