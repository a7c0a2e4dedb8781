//! The names that learning platforms give to submissions when a teacher downloads them.
//!
//! | platform | name |
//! |---|---|
//! | Moodle, in folders | `Ada Lovelace_4711_assignsubmission_file/main.rs`, by older versions with a final `_` |
//! | Moodle, without folders | `Ada Lovelace_4711_assignsubmission_file_main.rs` |
//! | Canvas | `lovelaceada_340934_208490284_main.rs` |
//! | Canvas, late | `lovelaceada_LATE_340934_208490284_main.rs` |
//! | Canvas, anonymous | `anon_x7Yq2_208490284_main.rs` |
//!
//! Moodle's are made by `get_student_prefix` and `load_submissionplugin_filelist` in
//! `mod/assign/classes/downloader.php` of <https://github.com/moodle/moodle>. 4711 is the
//! student's number in this assignment. Canvas's are made by `get_filename` and
//! `add_upload_submission` in `lib/content_zipper.rb` of
//! <https://github.com/instructure/canvas-lms>. 340934 is the student, 208490284 the file.

/// What a downloaded name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// The student's name in results: with the platform's number, so that it is one
    /// student's.
    pub student: String,
    /// The platform's number of the student, if the name has it.
    pub id: Option<String>,
    pub late: bool,
    pub what: What,
}

/// What is under a downloaded name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A folder with the student's files.
    Folder,
    /// One file, and the name that the student gave it.
    File(String),
    /// Something typed in on the platform, such as a text or a link.
    Typed,
}

impl Download {
    /// Understands the name of a folder.
    pub fn of_folder(name: &str) -> Option<Download> {
        moodle(name).filter(|download| !matches!(download.what, What::File(_)))
    }

    /// Understands the name of a file.
    pub fn of_file(name: &str) -> Option<Download> {
        let moodles = moodle(name).filter(|download| download.what != What::Folder);
        moodles.or_else(|| canvas(name))
    }
}

fn moodle(name: &str) -> Option<Download> {
    let (student, submitted) = name.split_once("_assignsubmission_")?;
    // A group that is the default one has no number.
    let id = student.rsplit_once('_').map(|(_, id)| id).filter(|id| is_number(id));
    let what = match submitted.split_once('_').unwrap_or((submitted, "")) {
        ("file", "") => What::Folder,
        ("file", file) => What::File(file.to_owned()),
        _ => What::Typed,
    };
    let (student, id) = (student.to_owned(), id.map(str::to_owned));
    (!student.is_empty()).then_some(Download { student, id, late: false, what })
}

fn canvas(name: &str) -> Option<Download> {
    let parts: Vec<&str> = name.split('_').collect();
    // The first number is the student's: Canvas removes numbers like it from the name.
    let (id, at) = (0..parts.len()).find_map(|at| match parts[at..] {
        ["anon", id, file, _, ..] if is_number(file) => Some((format!("anon_{id}"), at)),
        [id, file, _, ..] if is_number(id) && is_number(file) => Some((id.to_owned(), at)),
        [id, "text.html" | "link.html"] if is_number(id) => Some((id.to_owned(), at)),
        _ => None,
    })?;
    let (before, anonymous) = (&parts[..at], id.starts_with("anon_"));
    let late = before.last() == Some(&"LATE");
    let before = &before[..before.len() - usize::from(late)];
    let rest = &parts[at + 1 + usize::from(anonymous)..];
    let what = match rest {
        [_, file @ ..] if !file.is_empty() => What::File(file.join("_")),
        _ => What::Typed,
    };
    let student = before.iter().copied().chain([id.as_str()]).collect::<Vec<_>>().join("_");
    // Nobody's name is empty, but for the anonymous.
    (anonymous || !before.is_empty()).then_some(Download { student, id: Some(id), late, what })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A file's name without the number that Canvas adds if a student hands in a file of the
/// same name again: `main-1.rs` for `main.rs`.
pub fn first_name(name: &str) -> String {
    let (stem, end) =
        name.rsplit_once('.').map_or((name, ""), |(stem, _)| (stem, &name[stem.len()..]));
    match stem.rsplit_once('-') {
        Some((first, number)) if is_number(number) => format!("{first}{end}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(download: Option<Download>) -> String {
        let Some(download) = download else { return "nothing".to_owned() };
        let Download { student, id, late, what } = download;
        let late = if late { ", late" } else { "" };
        format!("{student} ({}){late}: {what:?}", id.unwrap_or_default())
    }

    #[test]
    fn moodles_names_are_understood() {
        for (name, expected) in [
            ("Ada Lovelace_4711_assignsubmission_file", "Ada Lovelace_4711 (4711): Folder"),
            ("Ada Lovelace_4711_assignsubmission_file_", "Ada Lovelace_4711 (4711): Folder"),
            ("Participant_815_assignsubmission_file_", "Participant_815 (815): Folder"),
            ("Default group_assignsubmission_file", "Default group (): Folder"),
            ("Ada_4711_assignsubmission_onlinetext", "Ada_4711 (4711): Typed"),
            ("_assignsubmission_file", "nothing"),
            ("Ada Lovelace_4711", "nothing"),
        ] {
            assert_eq!(told(Download::of_folder(name)), expected, "{name}");
        }
        for (name, expected) in [
            ("Ada_4711_assignsubmission_file_lab_a.c", "Ada_4711 (4711): File(\"lab_a.c\")"),
            ("Ada_4711_assignsubmission_onlinetext_onlinetext.html", "Ada_4711 (4711): Typed"),
            ("Ada_4711_assignsubmission_file", "nothing"),
        ] {
            assert_eq!(told(Download::of_file(name)), expected, "{name}");
        }
    }

    #[test]
    fn canvass_names_are_understood() {
        for (name, expected) in [
            ("smithbob_340934_208490284_a_b.c", "smithbob_340934 (340934): File(\"a_b.c\")"),
            ("smithbob_LATE_34_28_main.rs", "smithbob_34 (34), late: File(\"main.rs\")"),
            ("von_ahn_34_28_main.rs", "von_ahn_34 (34): File(\"main.rs\")"),
            ("smithbob_34_28_1_2_x", "smithbob_34 (34): File(\"1_2_x\")"),
            ("anon_x7Yq2_28_main.rs", "anon_x7Yq2 (anon_x7Yq2): File(\"main.rs\")"),
            ("LATE_anon_x7Yq2_28_main.rs", "anon_x7Yq2 (anon_x7Yq2), late: File(\"main.rs\")"),
            ("smithbob_34_text.html", "smithbob_34 (34): Typed"),
            ("34_28_main.rs", "nothing"),
            ("smithbob_34_main.rs", "nothing"),
            ("lab_kill_pid.c", "nothing"),
            ("main.rs", "nothing"),
        ] {
            assert_eq!(told(Download::of_file(name)), expected, "{name}");
        }
    }

    #[test]
    fn a_file_that_was_handed_in_again_keeps_its_name() {
        for (name, first) in [
            ("main-1.rs", "main.rs"),
            ("main-12.rs", "main.rs"),
            ("main.rs", "main.rs"),
            ("main-x.rs", "main-x.rs"),
            ("main-.rs", "main-.rs"),
            ("x-1", "x"),
        ] {
            assert_eq!(first_name(name), first);
        }
    }
}
