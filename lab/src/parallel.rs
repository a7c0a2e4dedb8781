//! Independent work on several machines at the same time.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use builder::progress::Progress;
use process::interrupt;

/// Does `work` for each item, `jobs` at a time. Returns the results in the order of the
/// items, whatever the order of the work. `stage` and `name` are for the progress.
///
/// If the lab is asked to end in the meantime, returns the results so far.
pub fn each<'a, T: Sync, R: Send + Sync>(
    items: &'a [T],
    jobs: usize,
    progress: &dyn Progress,
    stage: &str,
    name: impl Fn(&'a T) -> &'a str + Sync,
    work: impl Fn(&'a T) -> R + Sync,
) -> Vec<R> {
    let results: Vec<OnceLock<R>> = items.iter().map(|_| OnceLock::new()).collect();
    let (next, done) = (AtomicUsize::new(0), AtomicU64::new(0));
    let stage = progress.begin(stage, Some(items.len() as u64));
    let worker = || loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(item) = items.get(index) else { return };
        let result = work(item);
        // Work that was interrupted has no result.
        if interrupt::signal().is_some() {
            return;
        }
        // Each index is taken once, so its slot is empty.
        results[index].get_or_init(|| result);
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        stage.step(done, name(item));
    };
    std::thread::scope(|scope| {
        for _ in 1..jobs {
            // A user who may have no more threads has to wait longer.
            let _ = std::thread::Builder::new().spawn_scoped(scope, worker);
        }
        worker();
    });
    results.into_iter().filter_map(OnceLock::into_inner).collect()
}
