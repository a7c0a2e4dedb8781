//! Makes strangers' text safe to show: what a terminal would act on is written out
//! instead.

/// Returns the text on one line, with control characters written out, such as `\u{1b}`
/// for the start of an escape sequence. Characters that reorder text or are invisible are
/// written out too.
pub fn visible(text: &str) -> String {
    written_out(text, acts)
}

/// Like `visible`, but keeps newlines and tabs.
pub fn visible_lines(text: &str) -> String {
    written_out(text, |c| acts(c) && c != '\n' && c != '\t')
}

/// Put before each line that a stranger's program wrote.
const QUOTE: &str = "| ";

/// Marks a line that a stranger's program wrote.
pub fn marked(line: &str) -> String {
    format!("{QUOTE}{line}").trim_end().to_owned()
}

/// Marks a line that a stranger's program wrote, and shortens it if it is long.
pub fn quoted(line: &str) -> String {
    const WIDE: usize = 500;
    match line.char_indices().nth(WIDE) {
        None => marked(line),
        Some((end, _)) => format!("{QUOTE}{}…", &line[..end]),
    }
}

fn written_out(text: &str, acts: impl Fn(char) -> bool) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        match acts(c) {
            true => visible.extend(c.escape_default()),
            false => visible.push(c),
        }
    }
    visible
}

/// Whether a character does anything other than appear as itself.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Joiners, direction marks, line and paragraph separators, embeddings,
            // overrides, isolates, invisible operators.
            '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_shown() {
        for (text, expected) in [
            ("\x1b[2J\x1b]0;title\x07", "\\u{1b}[2J\\u{1b}]0;title\\u{7}"),
            // A terminal may read this one character as ESC and [.
            ("\u{9b}31m", "\\u{9b}31m"),
            ("0 of 6\r6 of 6", "0 of 6\\r6 of 6"),
            ("a\x08\x7f", "a\\u{8}\\u{7f}"),
            ("user\u{202e}txt.exe", "user\\u{202e}txt.exe"),
            ("a\u{200b}b\u{e0041}", "a\\u{200b}b\\u{e0041}"),
            ("✓ ok\n\tü\n", "✓ ok\n\tü\n"),
        ] {
            assert_eq!(visible_lines(text), expected);
        }
        assert_eq!(visible("a\nb\tc"), "a\\nb\\tc");
    }
}
