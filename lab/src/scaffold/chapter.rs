//! Where a new chapter goes in course.md.

/// The text with a chapter put in front of the first one with a greater
/// number, or behind all of them.
pub fn insert(text: &str, number: u8, chapter: &str) -> String {
    let mut offset = 0;
    let mut later = None;
    for line in text.split_inclusive('\n') {
        if number_of(line).is_some_and(|other| other > number) {
            later = Some(offset);
            break;
        }
        offset += line.len();
    }
    match later {
        Some(at) => format!("{}{chapter}\n{}", &text[..at], &text[at..]),
        None => format!("{}\n\n{chapter}", text.trim_end()),
    }
}

/// The number of the chapter that a line begins: `## 16. …`.
fn number_of(line: &str) -> Option<u8> {
    line.strip_prefix("## ")?.split_once(". ")?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COURSE: &str = "# Course\n\n## Before\n\n## 1. a\n\nx\n\n## 3. c\n\ny\n";

    #[test]
    fn chapters_stay_in_order() {
        assert_eq!(insert(COURSE, 4, "## 4. d\n"), format!("{COURSE}\n## 4. d\n"));
        assert_eq!(
            insert(COURSE, 2, "## 2. b\n"),
            "# Course\n\n## Before\n\n## 1. a\n\nx\n\n## 2. b\n\n## 3. c\n\ny\n"
        );
    }
}
