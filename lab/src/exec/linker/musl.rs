//! musl's own rules (`ldso/dynlink.c`).

use super::split;

/// The folders that its linker searches if its configuration names none.
pub const FOLDERS: &str = "/lib:/usr/local/lib:/usr/lib";

/// Prefixes of names that mean the linker itself (`load_library`).
pub const OWN: &[&str] =
    &["libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet."];

/// The separators in a list of folders.
pub const SEPARATORS: &[char] = &[':', '\n'];

/// Splits a list of folders. musl expands only `$ORIGIN`, and ignores a list with any
/// other placeholder.
pub fn folders(list: &str, origin: &str) -> Vec<String> {
    let list = list.replace("${ORIGIN}", "$ORIGIN");
    if list.replace("$ORIGIN", "").contains('$') {
        return Vec::new();
    }
    split(&list.replace("$ORIGIN", origin), SEPARATORS)
}
