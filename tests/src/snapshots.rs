//! Texts that are kept in the repository and compared exactly.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use libtest_mimic::Failed;
use similar::TextDiff;

/// What is accepted. Unset unless [`accept`] was called.
static ACCEPTED: OnceLock<Accepted> = OnceLock::new();

/// Accept differences instead of failing.
struct Accepted {
    reference: Option<String>,
}

/// Makes the tests record what they find, after showing the difference. `reference` is a
/// name for this host; with it, the host's digests are recorded too.
pub fn accept(reference: Option<String>) {
    set_update("always");
    // The difference is shown here.
    // SAFETY: as for `set_update`.
    unsafe { std::env::set_var("INSTA_OUTPUT", "none") };
    // It is called only once.
    let _ = ACCEPTED.set(Accepted { reference });
}

/// Makes the tests compare what they find and write nothing.
pub fn compare_only() {
    set_update("no");
}

/// Only the environment can tell insta.
fn set_update(update: &str) {
    // SAFETY: the command line calls this before it starts a thread.
    unsafe { std::env::set_var("INSTA_UPDATE", update) };
}

/// Whether differences are accepted.
pub fn is_accepting() -> bool {
    ACCEPTED.get().is_some()
}

/// The name under which this host's digests are recorded.
pub fn reference_host() -> Option<String> {
    ACCEPTED.get()?.reference.clone()
}

/// Compares a text with its snapshot in `tests/snapshots`, or records it.
pub fn compare(name: &str, text: &str) -> Result<(), Failed> {
    compare_in(&builder::root().join("tests/snapshots"), name, text)
}

/// The folder with the stories of the lessons of a course.
pub fn stories(root: &Path) -> PathBuf {
    root.join("tests/stories")
}

/// Compares a text with its snapshot in a folder, or shows the difference and records the
/// text.
pub fn compare_in(folder: &Path, name: &str, text: &str) -> Result<(), Failed> {
    if is_accepting() {
        show_difference(folder, name, text);
    }
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
    Ok(())
}

/// insta records silently.
fn show_difference(folder: &Path, name: &str, text: &str) {
    let path = folder.join(format!("{name}.snap"));
    let recorded = std::fs::read_to_string(&path).unwrap_or_default();
    // insta puts a header before the text.
    let recorded = recorded.splitn(3, "---\n").nth(2).unwrap_or_default();
    if recorded.trim_end() != text.trim_end() {
        let (old, new) = (format!("{name}, recorded"), format!("{name}, accepted now"));
        eprintln!("{}", difference((&old, recorded), (&new, text)));
    }
}

/// How two texts differ, each with a name.
pub fn difference((one, text): (&str, &str), (other, other_text): (&str, &str)) -> String {
    TextDiff::from_lines(text, other_text).unified_diff().header(one, other).to_string()
}
