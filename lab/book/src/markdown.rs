//! The little of Markdown that the course's pages use.

/// A part of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// A fenced block. Its content ends with a newline, unless it is empty.
    Fenced { info: &'a str, content: &'a str },
    /// Lines up to the next blank line or fenced block, with the newline of each.
    Lines(&'a str),
}

/// Splits a page into its parts. Together they are the page, except for the fences.
pub fn parts(page: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = page;
    while !rest.is_empty() {
        if let Some((info, after)) = rest.strip_prefix("```").and_then(|r| r.split_once('\n')) {
            let end = match after.starts_with("```") {
                true => Some(0),
                false => after.find("\n```").map(|newline| newline + 1),
            };
            let content = &after[..end.unwrap_or(after.len())];
            parts.push(Part::Fenced { info, content });
            let left = &after[content.len()..];
            rest = left.split_once('\n').map_or("", |(_, rest)| rest);
            continue;
        }
        let blank = rest.find("\n\n").map_or(rest.len(), |at| at + 2);
        let fence = rest.find("\n```").map_or(rest.len(), |at| at + 1);
        let (lines, after) = rest.split_at(blank.min(fence));
        parts.push(Part::Lines(lines));
        rest = after;
    }
    parts
}

/// The headings of a page: how deep, their text, and their anchor.
pub fn headings(page: &str) -> Vec<(usize, String, String)> {
    let mut headings: Vec<(usize, String, String)> = Vec::new();
    let lines = parts(page).into_iter().filter_map(|part| match part {
        Part::Lines(lines) => Some(lines.lines()),
        Part::Fenced { .. } => None,
    });
    for line in lines.flatten() {
        let deep = line.bytes().take_while(|byte| *byte == b'#').count();
        let Some(text) = line[deep..].strip_prefix(' ').filter(|_| deep > 0) else { continue };
        let text = text.trim().replace('`', "");
        let anchor = anchor(&text);
        let before = headings.iter().filter(|(_, other, _)| self::anchor(other) == anchor).count();
        let anchor = if before == 0 { anchor } else { format!("{anchor}-{before}") };
        headings.push((deep, text, anchor));
    }
    headings
}

/// The anchor that mdbook and forges give a heading.
pub fn anchor(heading: &str) -> String {
    let part = |c: char| match c {
        c if c.is_whitespace() => Some('-'),
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c.to_ascii_lowercase()),
        _ => None,
    };
    heading.chars().filter_map(part).collect()
}

/// The targets of the links and images in some lines, except in code.
pub fn targets(lines: &str) -> Vec<&str> {
    let text = lines.split('`').step_by(2);
    let links = text.flat_map(|text| text.split("](").skip(1));
    links.filter_map(|rest| Some(rest.split_once(')')?.0)).collect()
}

/// The same lines with other targets: `other` gives the new one, or `None` to keep it.
/// `code` does the same for words in backquotes that are not the text of a link.
pub fn replaced(
    lines: &str,
    mut other: impl FnMut(&str) -> Option<String>,
    mut code: impl FnMut(&str) -> Option<String>,
) -> String {
    let mut text = String::new();
    let last = lines.matches('`').count();
    for (number, piece) in lines.split('`').enumerate() {
        if number % 2 == 1 {
            match code(piece).filter(|_| !text.ends_with('[')) {
                Some(other) => text.push_str(&other),
                None if number == last => text.push_str(&format!("`{piece}")),
                None => text.push_str(&format!("`{piece}`")),
            }
            continue;
        }
        let mut links = piece.split("](");
        text.push_str(links.next().unwrap_or_default());
        for rest in links {
            let (target, after) = rest.split_once(')').unwrap_or((rest, ""));
            let target = other(target).unwrap_or_else(|| target.to_owned());
            text.push_str(&format!("]({target}){after}"));
        }
    }
    text
}

/// The sections of a page: the heading of each, its anchor, and the text up to the next
/// heading. Fenced blocks are in backquotes there, as all code is.
pub fn sections(page: &str) -> Vec<(String, String, String)> {
    let mut headings = headings(page).into_iter();
    let mut sections: Vec<(String, String, String)> = Vec::new();
    for part in parts(page) {
        let (text, is_fenced) = match part {
            Part::Fenced { content, .. } => (&*format!("`{content}`"), true),
            Part::Lines(lines) => (lines, false),
        };
        for line in text.lines() {
            let begins = !is_fenced && line.trim_start_matches('#').starts_with(' ');
            if begins
                && line.starts_with('#')
                && let Some((_, heading, anchor)) = headings.next()
            {
                sections.push((heading, anchor, String::new()));
            }
            if let Some((_, _, text)) = sections.last_mut() {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    sections
}

/// The identifiers in a text.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A `b`: c?\n\ntext [x](y.md#z)\nand `[no](link)`\n```c\n# not one\n```\n\
                        ## A b c\n```\n```\nend";

    #[test]
    fn a_page_has_parts() {
        let lines = Part::Lines("text [x](y.md#z)\nand `[no](link)`\n");
        let fenced = |info, content| Part::Fenced { info, content };
        let all = [
            Part::Lines("# A `b`: c?\n\n"),
            lines,
            fenced("c", "# not one\n"),
            Part::Lines("## A b c\n"),
            fenced("", ""),
            Part::Lines("end"),
        ];
        assert_eq!(parts(PAGE), all);
    }

    #[test]
    fn headings_have_anchors() {
        let heading = |deep, text: &str, anchor: &str| (deep, text.to_owned(), anchor.to_owned());
        assert_eq!(
            headings(PAGE),
            [heading(1, "A b: c?", "a-b-c"), heading(2, "A b c", "a-b-c-1")]
        );
    }

    #[test]
    fn a_section_has_its_text() {
        let sections = sections(PAGE);
        let texts: Vec<_> = sections.iter().map(|(_, anchor, text)| (&**anchor, &**text)).collect();
        let first = "# A `b`: c?\n\ntext [x](y.md#z)\nand `[no](link)`\n`# not one\n`\n";
        assert_eq!(texts, [("a-b-c", first), ("a-b-c-1", "## A b c\n``\nend\n")]);
    }

    #[test]
    fn links_are_found_and_replaced_outside_of_code() {
        let lines = "see [`a`](b.md) and `c d` or `[e](f)`";
        assert_eq!(targets(lines), ["b.md"]);
        let text = replaced(
            lines,
            |target| Some(format!("../{target}")),
            |code| (code != "[e](f)").then(|| "!".to_owned()),
        );
        assert_eq!(text, "see [`a`](../b.md) and ! or `[e](f)`");
    }
}
