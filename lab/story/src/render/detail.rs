//! Renders what a run shows about a fact as plain text.

use super::wrap::wrap;
use crate::detail::Detail;

/// Renders a detail, indented by at least `indent` columns. Lines have at most `columns`,
/// except for a stranger's, and end with a newline.
pub fn render(detail: &Detail, indent: usize, columns: usize) -> String {
    let mut text = String::new();
    for line in detail.lines() {
        let indent = indent + line.indent;
        if line.is_quoted {
            text += &format!("{:indent$}{}\n", "", line.text);
            continue;
        }
        // `wrap` puts a space between this and the first word, so leave one out.
        let first = " ".repeat(indent - 1);
        for line in wrap(&first, indent + 2, &[line.text], columns) {
            text += &line;
            text.push('\n');
        }
    }
    text
}
