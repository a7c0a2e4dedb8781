//! Word wrapping for a terminal.

use explain::visible;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The minimum indentation of a continuation line.
const LEAST: usize = 2;

/// How many terminal columns a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Wraps a paragraph into lines of at most `columns`. `first` begins the first line. The
/// others are indented by `indent`, or less if a word would not fit, but never start at
/// the margin: a continuation must not look like a line of its own. Each of `texts`
/// except the first starts on a new line.
///
/// An arrow never begins a line. A word longer than a line is broken between the names in
/// it, and inside a name only if the name is longer than a line. Control characters are
/// made visible, so a newline in a mark cannot pass for a line of the timeline.
pub fn wrap(first: &str, indent: usize, texts: &[String], columns: usize) -> Vec<String> {
    wrap_beside(first, indent, texts, columns, columns)
}

/// Like `wrap`, but a name that is longer than a line may take up to `most` columns.
pub fn wrap_beside(
    first: &str,
    indent: usize,
    texts: &[String],
    columns: usize,
    most: usize,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    // Whether the line ends with a word, so that the next one needs a space before it.
    let mut after_word = !first.is_empty();
    for (number, text) in texts.iter().enumerate() {
        let mut breaks = number > 0;
        for word in words(text) {
            let gap = usize::from(after_word);
            if breaks || after_word && width(&line) + gap + width(&word) > columns {
                let room = columns.saturating_sub(width(&word));
                let indent = indent.min(room.max(LEAST));
                lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            } else {
                line += &" ".repeat(gap);
            }
            for name in names(&word) {
                let mut start_anew = |line: &mut String| {
                    let done = std::mem::replace(line, " ".repeat(indent.min(LEAST)));
                    lines.push(done.trim_end().to_owned());
                };
                if width(&line) + width(name) > columns && !line.trim().is_empty() {
                    start_anew(&mut line);
                }
                let columns = if width(&line) + width(name) > most { columns } else { most };
                for c in name.chars() {
                    if width(&line) + c.width().unwrap_or(0) > columns {
                        start_anew(&mut line);
                    }
                    line.push(c);
                }
            }
            (after_word, breaks) = (true, false);
        }
    }
    lines.push(line);
    lines
}

/// The names in a word, each with the punctuation and the arrow after it: `/sys/` and
/// `kernel →`.
fn names(word: &str) -> impl Iterator<Item = &str> {
    word.split_inclusive(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ' ' | '→'))
}

/// The parts of a text that must stay together.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()).map(visible) {
        match words.last_mut() {
            Some(last) if word == "→" => *last += " →",
            _ => words.push(word),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("[33]", 5, &["one two three".into()], 12), ["[33] one two", "     three"]);
        assert_eq!(wrap("", 0, &["one two".into()], 80), ["one two"]);
    }

    #[test]
    fn each_text_begins_a_line() {
        let texts = ["do_exit:".into(), "SIGCHLD to 31".into()];
        assert_eq!(wrap("[33]", 5, &texts, 80), ["[33] do_exit:", "     SIGCHLD to 31"]);
    }

    #[test]
    fn arrows_stay_with_what_is_before_them() {
        assert_eq!(wrap("", 0, &["do_exit → do_wait".into()], 9), ["do_exit →", "do_wait"]);
        assert_eq!(wrap("", 0, &["ab do_exit → x".into()], 11), ["ab", "do_exit → x"]);
        let beside = wrap_beside("[1]", 4, &["do_exit → x".into()], 8, 12);
        assert_eq!(beside, ["[1]", "  do_exit →", "    x"]);
    }

    #[test]
    fn a_long_word_is_indented_by_less() {
        assert_eq!(wrap("[1]", 4, &["ab abcdef".into()], 8), ["[1] ab", "  abcdef"]);
    }

    #[test]
    fn long_words_are_broken() {
        assert_eq!(wrap("[1]", 4, &["abcdefghij".into()], 8), ["[1]", "  abcdef", "  ghij"]);
    }

    #[test]
    fn long_words_are_broken_between_names() {
        assert_eq!(wrap("", 4, &["/sys/abc/d_f.x".into()], 8), ["/sys/", "  abc/", "  d_f.x"]);
        assert_eq!(wrap("[1]", 4, &["name=a_bcdef".into()], 9), ["[1]", "  name=", "  a_bcdef"]);
    }

    #[test]
    fn a_long_name_may_have_more_room() {
        let wrap = |name: &str| wrap_beside("[1]", 4, &[name.into()], 8, 12);
        assert_eq!(wrap("abcdefghij"), ["[1]", "  abcdefghij"]);
        assert_eq!(wrap("abcdefghijk"), ["[1]", "  abcdef", "  ghijk"]);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(wrap("", 0, &["核心 信號".into()], 6), ["核心", "信號"]);
    }

    #[test]
    fn control_characters_are_shown() {
        assert_eq!(wrap("", 0, &["a\n[1] b\x1b[2J".into()], 80), ["a\\n[1] b\\u{1b}[2J"]);
    }
}
