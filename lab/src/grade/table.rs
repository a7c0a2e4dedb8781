//! Tables for spreadsheets, as in RFC 4180.

use explain::visible;

/// A line of cells that are quoted where needed.
pub fn line(cells: impl IntoIterator<Item = String>) -> String {
    let mut line = cells.into_iter().collect::<Vec<_>>().join(",");
    line += "\r\n";
    line
}

/// Formats a cell as in RFC 4180, on one line. Text that a spreadsheet would take for a
/// formula gets an apostrophe, because students choose the names. This includes formulas
/// that appear if the spreadsheet splits at semicolons.
pub fn quoted(cell: &str) -> String {
    let text = visible(cell);
    let mut cell = String::new();
    let mut begins = true;
    for c in text.chars() {
        // The ASCII characters and their full-width forms.
        if begins && matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') {
            cell.push('\'');
        }
        cell.push(c);
        begins = c == ';' || begins && matches!(c, ' ' | '"');
    }
    if cell.contains([',', '"']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_a_line() {
        for (cell, expected) in [
            ("bob", "bob"),
            ("a, \"b\"", "\"a, \"\"b\"\"\""),
            ("=1", "'=1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("＝1", "'＝1"),
            ("  =1", "  '=1"),
            ("\t=1", "\\t=1"),
            ("\r=1", "\\r=1"),
            ("a\n=1", "a\\n=1"),
            ("a;=1", "a;'=1"),
            ("a; \"=1", "\"a; \"\"'=1\""),
            ("a-b", "a-b"),
            ("\x1b[2J", "\\u{1b}[2J"),
        ] {
            assert_eq!(quoted(cell), expected, "{cell:?}");
        }
    }
}
