//! musl's own rules (`ldso/dynlink.c`).

use super::split;

/// Where its linker looks if its configuration does not say.
pub const FOLDERS: &str = "/lib:/usr/local/lib:/usr/lib";

/// Names for which it takes itself, whatever follows (`load_library`).
pub const OWN: &[&str] =
    &["libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet."];

/// What separates folders.
pub const SEPARATORS: &[char] = &[':', '\n'];

/// The folders of a list. It knows `$ORIGIN` alone, and nothing of a list with anything
/// else to expand.
pub fn folders(list: &str, origin: &str) -> Vec<String> {
    let list = list.replace("${ORIGIN}", "$ORIGIN");
    if list.replace("$ORIGIN", "").contains('$') {
        return Vec::new();
    }
    split(&list.replace("$ORIGIN", origin), SEPARATORS)
}
