//! Strangers' text on a page.

use explain::visible_lines;

/// Text that came from a program, a module or a file, with control characters and
/// characters that reorder text written out. `maud` escapes what HTML acts on.
pub(crate) fn shown(text: &str) -> String {
    visible_lines(text)
}
