//! What a run shows of a fact, as plain text.

use super::text::WIDTH;
use super::wrap::wrap;
use crate::detail::Detail;

/// Renders a detail, indented by at least `indent` columns, in lines of at most
/// [`WIDTH`] but for those of a stranger, each ended by a newline.
pub fn render(detail: &Detail, indent: usize) -> String {
    let mut text = String::new();
    for line in detail.lines() {
        let indent = indent + line.indent;
        if line.is_quoted {
            text += &format!("{:indent$}{}\n", "", line.text);
            continue;
        }
        // A word is kept apart from what begins its line.
        let first = " ".repeat(indent - 1);
        for line in wrap(&first, indent + 2, &[line.text], WIDTH) {
            text += &line;
            text.push('\n');
        }
    }
    text
}
