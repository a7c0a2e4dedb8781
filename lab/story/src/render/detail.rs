//! Renders what a run shows about a fact as plain text.

use super::wrap::wrap;
use crate::detail::{Detail, Line};

/// Renders a detail, indented by at least `indent` columns. Lines have at most `columns`,
/// except for a stranger's, and end with a newline.
pub fn render(detail: &Detail, indent: usize, columns: usize) -> String {
    rendered(&detail.lines(), indent, columns).concat()
}

/// Renders lines of a detail, each of the result with its newline.
pub fn rendered(lines: &[Line], indent: usize, columns: usize) -> Vec<String> {
    let mut rendered = Vec::new();
    for line in lines {
        let indent = indent + line.indent;
        if line.is_quoted {
            rendered.push(format!("{:indent$}{}\n", "", line.text));
            continue;
        }
        // `wrap` puts a space between this and the first word, so leave one out.
        let first = " ".repeat(indent - 1);
        let texts = std::slice::from_ref(&line.text);
        rendered.extend(wrap(&first, indent + 2, texts, columns).into_iter().map(|l| l + "\n"));
    }
    rendered
}
