use std::os::unix::fs::symlink;

use super::*;
use crate::cache::Key;
use crate::progress::Silent;

const DAY: Duration = Duration::from_secs(24 * 3600);
const MIB: u64 = 1 << 20;

struct Fixture {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Fixture {
    fn new() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("upcall");
        Fixture { root, _folder: folder }
    }

    /// The cache as another process would open it.
    fn another(&self) -> Cache {
        Cache::at(&self.root).unwrap()
    }

    /// Builds an entry of 1 MiB by a process that has ended and that last used it `days`
    /// ago.
    fn built(&self, kind: &str, name: &str, days: u32) -> PathBuf {
        let build = |folder: &Path| -> Result<(), CacheError> {
            fs::write(folder.join("file"), vec![1; MIB as usize]).unwrap();
            Ok(())
        };
        let entry = self.another().entry(kind, &key(name), &Silent, build).unwrap();
        used_ago(&entry, DAY * days);
        entry
    }
}

fn key(name: &str) -> Key {
    Key::builder(name).finish()
}

fn used_ago(entry: &Path, ago: Duration) {
    let manifest = File::open(entry.join(manifest::NAME)).unwrap();
    manifest.set_modified(SystemTime::now() - ago).unwrap();
}

#[test]
fn a_use_is_noted_but_not_each_of_a_minute() {
    let fixture = Fixture::new();
    let entry = fixture.built("programs", "a", 3);
    let find = || fixture.another().find("programs", &key("a")).unwrap();
    let noted = || uses::last(&entry).unwrap();
    find();
    assert!(uses::is_within(noted(), DAY));
    used_ago(&entry, Duration::from_secs(30));
    let before = noted();
    find();
    assert_eq!(noted(), before);
    // A time from a clock that was wrong.
    File::open(entry.join(manifest::NAME)).unwrap().set_modified(SystemTime::now() + DAY).unwrap();
    find();
    assert!(uses::is_within(noted(), DAY));
}

#[test]
fn what_has_not_been_used_for_a_time_is_removed() {
    let fixture = Fixture::new();
    let [old, recent] = [("a", 8), ("b", 6)].map(|(name, days)| fixture.built("kmods", name, days));
    // Something that is not an entry has the time of its own last change.
    let log = fixture.root.join("logs/kernel.log");
    fs::create_dir(log.parent().unwrap()).unwrap();
    fs::write(&log, "").unwrap();
    let freed = fixture.another().clean_unused(DAY * 7).unwrap();
    assert!((MIB..2 * MIB).contains(&freed), "{freed}");
    assert_eq!([&old, &recent, &log].map(|path| path.exists()), [false, true, true]);
    fixture.another().clean_unused(Duration::ZERO).unwrap();
    assert_eq!([&recent, &log].map(|path| path.exists()), [false, false]);
    assert_eq!(fs::read_dir(fixture.root.join("kmods")).unwrap().count(), 0);
}

#[test]
fn what_is_in_use_stays() {
    let fixture = Fixture::new();
    let [found, free] = ["a", "b"].map(|name| fixture.built("crates", name, 100));
    let user = fixture.another();
    user.find("crates", &key("a")).unwrap();
    used_ago(&found, DAY * 100);
    let kept = user.kept("kmod-builds", &key("c"), &Silent).unwrap();
    let clean = || fixture.another().clean_unused(Duration::ZERO).unwrap();
    clean();
    assert_eq!([&found, &free].map(|path| path.exists()), [true, false]);
    assert!(kept.folder().is_dir());
    // A copy of the user's cache uses it too.
    let copy = user.clone();
    drop((user, kept));
    clean();
    assert!(found.exists());
    drop(copy);
    clean();
    assert!(!found.exists());
}

#[test]
fn what_was_used_least_lately_goes_first_until_the_rest_is_within_the_bound() {
    let fixture = Fixture::new();
    let [oldest, kernel, old, recent] =
        [("programs", 5), ("kernel", 6), ("kmods", 4), ("crates", 1)]
            .map(|(kind, days)| fixture.built(kind, kind, days));
    let held = fixture.built("initramfs", "held", 50);
    let user = fixture.another();
    user.find("initramfs", &key("held"));
    used_ago(&held, DAY * 50);
    let trim = |bound: u64| {
        let mut cache = fixture.another();
        cache.bound = bound;
        cache.trim();
        [&held, &oldest, &old, &recent, &kernel].map(|path| path.exists())
    };
    assert_eq!(trim(6 * MIB), [true; 5]);
    // Five entries with their records take more than this, and four take less than 7/8 of
    // it.
    assert_eq!(trim(5 * MIB), [true, false, true, true, true]);
    assert_eq!(trim(2 * MIB + MIB / 2), [true, false, false, false, true]);
    assert_eq!(trim(0), [true, false, false, false, false]);
}

#[test]
fn nobody_loses_what_it_has_while_others_remove_all_they_can() {
    let fixture = Fixture::new();
    std::thread::scope(|scope| {
        let users = [0, 1, 2, 3].map(|user| {
            let fixture = &fixture;
            scope.spawn(move || {
                for round in 0..100 {
                    let cache = fixture.another();
                    let build = |folder: &Path| -> Result<(), CacheError> {
                        fs::write(folder.join("file"), "whole").unwrap();
                        Ok(())
                    };
                    let name = ["a", "b", "c"][(user + round) % 3];
                    let entry = cache.entry("crates", &key(name), &Silent, build).unwrap();
                    std::thread::yield_now();
                    assert_eq!(fs::read_to_string(entry.join("file")).unwrap(), "whole");
                }
            })
        });
        let mut freed = 0;
        while users.iter().any(|user| !user.is_finished()) {
            freed += fixture.another().clean_unused(Duration::ZERO).unwrap();
        }
        assert!(freed > 0);
    });
}

#[test]
fn a_students_versions_are_short_lived() {
    let fixture = Fixture::new();
    let [old, recent] = [("a", 2), ("b", 0)].map(|(name, days)| {
        let entry = fixture.built("submissions", name, days);
        fs::remove_file(fixture.root.join(LOOKED_AT)).unwrap();
        entry
    });
    // Any build triggers the removal.
    fixture.built("programs", "c", 0);
    assert_eq!([&old, &recent].map(|path| path.exists()), [false, true]);
    // But not every time.
    used_ago(&recent, DAY * 2);
    fixture.built("programs", "d", 0);
    assert!(recent.exists());
}

#[test]
fn what_another_cache_has_is_not_removed_here_nor_there() {
    let fixture = Fixture::new();
    let entry = fixture.built("programs", "a", 9);
    let owner = fixture.another();
    let other = owner.sharing(fixture.root.with_file_name("other"), &["programs"]).unwrap();
    for cache in [&other, &fixture.another()] {
        cache.clean_unused(Duration::ZERO).unwrap();
        assert!(entry.exists());
    }
    assert!(other.find("programs", &key("a")).is_some());
}

#[test]
fn what_is_in_its_grave_is_not_followed_out_of_the_cache() {
    let fixture = Fixture::new();
    let entry = fixture.built("programs", "a", 9);
    let outside = fixture.root.with_file_name("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "").unwrap();
    symlink(&outside, entry.join("link")).unwrap();
    fixture.another().clean_unused(DAY).unwrap();
    assert!(!entry.exists() && outside.join("file").exists());
}
