//! The cache under concurrent use, damage and interrupted builds.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Barrier, Mutex};

use super::*;
use crate::progress::{Event, Silent};

/// Records all notes.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Progress for Notes {
    fn event(&self, event: Event<'_>) {
        if let Event::Note(text) = event {
            self.0.lock().unwrap().push(text.to_owned());
        }
    }
}

fn cache() -> (tempfile::TempDir, Cache) {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::at(folder.path().join("upcall")).unwrap();
    (folder, cache)
}

fn key() -> Key {
    Key::builder("thing").finish()
}

/// A build that writes one file.
fn write(folder: &Path, text: &str) -> Result<(), CacheError> {
    fs::write(folder.join("file"), text).unwrap();
    Ok(())
}

#[test]
fn builds_once() {
    let (_folder, cache) = cache();
    assert_eq!(cache.find("thing", &key()), None);
    let built = cache.entry("thing", &key(), &Silent, |f| write(f, "new")).unwrap();
    let never = |_: &Path| -> Result<(), CacheError> { panic!("built twice") };
    assert_eq!(cache.entry("thing", &key(), &Silent, never).unwrap(), built);
    assert_eq!(cache.find("thing", &key()).unwrap(), built);
    assert_eq!(cache.verify("thing", &key()), None);
    assert_eq!(fs::read_to_string(built.join("file")).unwrap(), "new");
}

#[test]
fn one_of_many_builds_and_the_others_wait() {
    let (_folder, cache) = cache();
    let (builds, start, notes) = (AtomicU32::new(0), Barrier::new(4), Notes::default());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                start.wait();
                let build = |f: &Path| {
                    builds.fetch_add(1, Ordering::Relaxed);
                    assert_eq!(cache.find("thing", &key()), None);
                    write(f, "new")
                };
                let entry = cache.entry("thing", &key(), &notes, build).unwrap();
                assert_eq!(fs::read_to_string(entry.join("file")).unwrap(), "new");
            });
        }
    });
    assert_eq!(builds.into_inner(), 1);
    let expected = "waiting for another process that builds the thing";
    assert!(notes.0.into_inner().unwrap().iter().all(|note| note == expected));
}

#[test]
fn a_lock_held_by_another_is_said_and_waited_for() {
    let (_folder, cache) = cache();
    // Another open file description, as in another process.
    let held = cache.site("thing", &key(), &Silent).unwrap();
    /// Releases the lock as soon as the waiting is reported.
    struct LetGo(Mutex<Option<Site>>);
    impl Progress for LetGo {
        fn event(&self, event: Event<'_>) {
            assert_eq!(event, Event::Note("waiting for another process that builds the thing"));
            self.0.lock().unwrap().take();
        }
    }
    let waiter = LetGo(Mutex::new(Some(held)));
    cache.entry("thing", &key(), &waiter, |f| write(f, "new")).unwrap();
    assert!(waiter.0.into_inner().unwrap().is_none());
}

#[test]
fn a_failed_build_leaves_nothing() {
    let (_folder, cache) = cache();
    let result = cache.entry("thing", &key(), &Silent, |f| {
        write(f, "half")?;
        Err(CacheError::NoHome)
    });
    assert!(matches!(result, Err(CacheError::NoHome)));
    assert_eq!(cache.find("thing", &key()), None);
    assert_eq!(fs::read_dir(cache.root().join("thing")).unwrap().count(), 0);
}

/// What a killed build leaves.
fn half(cache: &Cache) -> PathBuf {
    let half = cache.root().join("thing").join(UNFINISHED).join(key().to_string());
    fs::create_dir_all(half.join("folder")).unwrap();
    fs::write(half.join("rubbish"), "").unwrap();
    half
}

#[test]
fn what_a_killed_build_left_is_removed_by_the_next_who_comes() {
    let (_folder, cache) = cache();
    half(&cache);
    fs::create_dir(half(&cache).with_file_name("another")).unwrap();
    // It is kept while another process still works on it.
    let other = Key::builder("other").finish();
    let site = cache.site("thing", &other, &Silent).unwrap();
    fs::write(site.folder().join("file"), "").unwrap();
    Cache::at(cache.root()).unwrap();
    assert!(site.folder().join("file").exists());
    drop(site);
    assert_eq!(fs::read_dir(cache.root().join("thing")).unwrap().count(), 0);
}

#[test]
fn what_a_killed_build_left_is_not_used() {
    let (_folder, cache) = cache();
    let half = half(&cache);
    assert_eq!(cache.find("thing", &key()), None);
    let built = cache.entry("thing", &key(), &Silent, |f| write(f, "new")).unwrap();
    assert!(!built.join("rubbish").exists());
    assert!(!half.exists());
}

#[test]
fn damage_is_said_and_repaired() {
    let (_folder, cache) = cache();
    let built = cache.entry("thing", &key(), &Silent, |f| write(f, "new")).unwrap();
    fs::write(built.join("file"), "ne").unwrap();
    assert_eq!(cache.find("thing", &key()), None);
    let notes = Notes::default();
    cache.entry("thing", &key(), &notes, |f| write(f, "new")).unwrap();
    assert_eq!(fs::read_to_string(built.join("file")).unwrap(), "new");
    assert_eq!(
        notes.0.into_inner().unwrap(),
        ["`thing` in the cache is damaged (`file` has 2 bytes instead of 3): building it again"]
    );
}

#[test]
fn clean_removes_everything_and_says_how_much() {
    let (_folder, cache) = cache();
    let big = "x".repeat(100_000);
    cache.entry("thing", &key(), &Silent, |f| write(f, &big)).unwrap();
    assert!(cache.clean().unwrap() >= 100_000);
    let left: Vec<_> =
        fs::read_dir(cache.root()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, [IN_USE]);
    cache.entry("thing", &key(), &Silent, |f| write(f, "again")).unwrap();
}

#[test]
fn a_place_that_cannot_be_is_named_with_a_hint() {
    let error = Cache::at("/proc/upcall").unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to create `/proc/upcall`: No such file or directory (os error 2)"
    );
    let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
    let error = CacheError::Write { path: "/x".into(), source: full };
    assert_eq!(
        error.hint().unwrap(),
        "free some space, or set XDG_CACHE_HOME to a folder on another disk"
    );
}

#[test]
fn what_is_shared_need_not_be_built_and_what_is_built_stays_apart() {
    let (folder, cache) = cache();
    let shared = cache.entry("thing", &key(), &Silent, |f| write(f, "new")).unwrap();
    let other = cache.sharing(folder.path().join("other"), &["thing"]).unwrap();
    let never = |_: &Path| -> Result<(), CacheError> { panic!("built twice") };
    let entry = other.entry("thing", &key(), &Silent, never).unwrap();
    assert_eq!(fs::read_to_string(entry.join("file")).unwrap(), "new");

    let more = Key::builder("more").finish();
    other.entry("thing", &more, &Silent, |f| write(f, "more")).unwrap();
    assert_eq!(cache.find("thing", &more), None);

    // Damage is repaired only on this side.
    fs::write(shared.join("file"), "ne").unwrap();
    other.entry("thing", &key(), &Silent, |f| write(f, "new")).unwrap();
    assert_eq!(other.verify("thing", &key()), None);
    assert!(cache.verify("thing", &key()).is_some());
}

/// The names of everything below a folder, each with its time and length.
fn listing(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let (path, meta) = entry.map(|entry| (entry.path(), entry.metadata().unwrap())).unwrap();
        let time = meta.modified().unwrap();
        found.push(format!("{} {time:?} {}", path.display(), meta.len()));
        if meta.is_dir() {
            found.extend(listing(&path));
        }
    }
    found.sort();
    found
}

#[test]
fn a_shared_cache_is_used_first_and_never_written_to() {
    let (folder, others) = cache();
    let more = Key::builder("more").finish();
    let shared = others.entry("thing", &key(), &Silent, |f| write(f, "shared")).unwrap();
    // As old as one that would be noted as used.
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    File::open(shared.join(MANIFEST)).unwrap().set_modified(old).unwrap();
    let before = listing(others.root());

    let own = Cache::at(folder.path().join("own")).unwrap();
    let (own, seen) = own.over([others.root().to_owned()]).noting();
    assert_eq!(own.find("thing", &key()), Some(shared.clone()));
    let never = |_: &Path| -> Result<(), CacheError> { panic!("built twice") };
    assert_eq!(own.entry("thing", &key(), &Silent, never).unwrap(), shared);
    let built = own.entry("thing", &more, &Silent, |f| write(f, "own")).unwrap();
    assert!(built.starts_with(own.root()));
    own.clean_unused(std::time::Duration::ZERO).unwrap();
    own.clean().unwrap();
    assert_eq!(listing(others.root()), before);

    let entry = |key: Key, entry: PathBuf| (("thing".to_owned(), key.to_string()), entry);
    assert_eq!(seen.entries(), [entry(key(), shared), entry(more, built)].into());
}

#[test]
fn damage_in_a_shared_cache_is_said_and_repaired_in_the_own() {
    let (folder, others) = cache();
    let shared = others.entry("thing", &key(), &Silent, |f| write(f, "shared")).unwrap();
    fs::write(shared.join("file"), "half").unwrap();
    let own = Cache::at(folder.path().join("own")).unwrap().over([others.root().to_owned()]);
    let notes = Notes::default();
    for _ in 0..2 {
        let entry = own.entry("thing", &key(), &notes, |f| write(f, "own")).unwrap();
        assert_eq!(fs::read_to_string(entry.join("file")).unwrap(), "own");
    }
    assert_eq!(fs::read_to_string(shared.join("file")).unwrap(), "half");
    let root = others.root().display();
    let said = format!(
        "`thing` in the shared cache `{root}` is damaged (`file` has 4 bytes instead of 6): \
         building it here"
    );
    assert_eq!(notes.0.into_inner().unwrap(), [said]);
}

#[test]
fn what_a_shared_cache_has_is_shared_on() {
    let (folder, others) = cache();
    others.entry("thing", &key(), &Silent, |f| write(f, "shared")).unwrap();
    let own = Cache::at(folder.path().join("own")).unwrap().over([others.root().to_owned()]);
    let other = own.sharing(folder.path().join("other"), &["thing"]).unwrap();
    let entry = other.find("thing", &key()).unwrap();
    assert_eq!(fs::read_to_string(entry.join("file")).unwrap(), "shared");
}

#[test]
fn a_shared_cache_that_is_not_there_changes_nothing() {
    let (folder, own) = cache();
    let own = own.over([folder.path().join("nowhere")]);
    assert_eq!(own.find("thing", &key()), None);
    own.entry("thing", &key(), &Silent, |f| write(f, "own")).unwrap();
    assert!(!folder.path().join("nowhere").exists());
}
