//! The program's source, with the lines that made marks.

use std::collections::BTreeMap;

use maud::{Markup, html};
use trace::Kind;

use crate::text::shown;
use crate::{Page, Source};

/// A line of a file on the page.
struct Line<'a> {
    /// The file's place among the page's files.
    file: usize,
    source: &'a Source,
    number: usize,
}

/// The line of a place such as `src/main.rs:12`, if the page has it.
fn line<'a>(page: &'a Page<'_>, place: &str) -> Option<Line<'a>> {
    let (path, number) = place.rsplit_once(':')?;
    let number: usize = number.parse().ok()?;
    let file = page.sources.iter().position(|source| source.path == path)?;
    let source = &page.sources[file];
    let lines = source.text.lines().count();
    (1..=lines).contains(&number).then_some(Line { file, source, number })
}

/// The place of a mark, with a link to its line and with the lines around it.
pub(crate) fn place(page: &Page<'_>, place: &str) -> Markup {
    const AROUND: usize = 3;
    let Some(Line { file, source, number }) = line(page, place) else {
        return html! { p.place { "at " (shown(place)) } };
    };
    let first = number.saturating_sub(AROUND).max(1);
    let lines = source.text.lines().enumerate().map(|(index, line)| (index + 1, line));
    let around = lines.skip(first - 1).take(number + AROUND + 1 - first);
    html! {
        p.place { "at " a href=(format!("#{}", line_id(file, number))) { (shown(place)) } }
        pre.code {
            @for (index, line) in around {
                span.line.here[index == number] {
                    span.number { (index) }
                    code { (shown(line)) "\n" }
                }
            }
        }
    }
}

fn line_id(file: usize, line: usize) -> String {
    format!("s{file}-{line}")
}

pub(crate) fn sections(page: &Page<'_>) -> Markup {
    let marks = marks(page);
    html! {
        @if !page.sources.is_empty() {
            section.sources aria-labelledby="source" {
                h2 id="source" { "Source" }
                @for (number, source) in page.sources.iter().enumerate() {
                    (file(number, source, &marks))
                }
            }
        }
    }
}

/// The events of each line that made a mark, by `path:line`.
fn marks<'a>(page: &'a Page<'_>) -> BTreeMap<&'a str, Vec<usize>> {
    let mut marks: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, entry) in page.timeline.entries.iter().enumerate() {
        if let Kind::Mark(mark) = &entry.kind
            && let Some(place) = &mark.source
        {
            marks.entry(place).or_default().push(at);
        }
    }
    marks
}

fn file(number: usize, source: &Source, marks: &BTreeMap<&str, Vec<usize>>) -> Markup {
    html! {
        details.box {
            summary { h3 { (shown(&source.path)) } }
            pre.code tabindex="0" {
                @for (index, line) in source.text.lines().enumerate() {
                    @let made = marks.get(format!("{}:{}", source.path, index + 1).as_str());
                    span.line.marked[made.is_some()] id=(line_id(number, index + 1)) {
                        @match made {
                            Some(made) => a href=(format!("#e{}", made[0])) { (index + 1) },
                            None => span.number { (index + 1) },
                        }
                        code { (shown(line)) "\n" }
                    }
                }
            }
        }
    }
}
