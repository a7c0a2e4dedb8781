//! A file in the guest, as both sides call it.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The folder in the guest that the payload is unpacked into.
pub const LAB: &str = "/lab";

/// A file in the guest: one of the payload's by its name below [`LAB`], any other by its
/// absolute path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GuestFile(Cow<'static, str>);

impl GuestFile {
    /// What PID 1 runs in an exercise: its harness, or the one that only starts the
    /// student's program.
    pub const HARNESS: GuestFile = GuestFile(Cow::Borrowed("harness"));
    /// The student's program.
    pub const STUDENT: GuestFile = GuestFile(Cow::Borrowed("student"));

    /// The file of a module, which the kernel calls by this name: `lab_edu.ko`.
    pub fn of_module(name: &str) -> GuestFile {
        GuestFile(format!("{name}.ko").into())
    }

    /// `student`, or `/bin/sh`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where it is: `/lab/student`.
    pub fn path(&self) -> String {
        if self.0.starts_with('/') { self.0.to_string() } else { format!("{LAB}/{}", self.0) }
    }

    /// What the kernel calls the module in it: its build turns hyphens into underscores.
    pub fn module_name(&self) -> String {
        let file = self.0.rsplit('/').next().unwrap_or_default();
        file.strip_suffix(".ko").unwrap_or(file).replace('-', "_")
    }
}

impl From<String> for GuestFile {
    fn from(name: String) -> GuestFile {
        GuestFile(name.into())
    }
}

impl fmt::Display for GuestFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_payload_lie_in_its_folder() {
        assert_eq!(GuestFile::STUDENT.path(), "/lab/student");
        assert_eq!(GuestFile::from("/bin/sh".to_owned()).path(), "/bin/sh");
    }

    #[test]
    fn a_module_is_called_as_the_kernel_calls_it() {
        for (file, name) in
            [("lab_edu.ko", "lab_edu"), ("foo-bar.ko", "foo_bar"), ("/lab_idle.ko", "lab_idle")]
        {
            assert_eq!(GuestFile::from(file.to_owned()).module_name(), name);
        }
        assert_eq!(GuestFile::of_module("lab_edu").as_str(), "lab_edu.ko");
    }
}
