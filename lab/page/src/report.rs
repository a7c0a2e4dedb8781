//! Tables as a page: the marks of a class or of one student. It has no script at all.

use maud::{Markup, html};

use crate::document::document;
use crate::policy;
use crate::text::shown;

/// A page of tables.
pub struct Report {
    /// What it is about, in a word or two.
    pub name: String,
    pub title: String,
    /// Sentences before the tables.
    pub lead: Vec<String>,
    /// The page that leads here.
    pub up: Option<Cell>,
    pub tables: Vec<Table>,
}

/// A table with a heading. A table without rows is not shown.
pub struct Table {
    pub title: String,
    pub head: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

/// A text in a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    /// The file that it leads to, from the page's folder: folders and a name.
    pub path: Option<Vec<String>>,
    /// Whether it is good news. `None` if it is neither good nor bad.
    pub is_good: Option<bool>,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    fn html(&self) -> Markup {
        html! {
            @match &self.path {
                Some(path) => a href=(href(path)) { (shown(&self.text)) },
                None => (shown(&self.text)),
            }
        }
    }
}

impl Report {
    /// The page.
    pub fn html(&self) -> String {
        let style = policy::report_style();
        let body = html! {
            header {
                p.name { (shown(&self.name)) }
                h1 { (shown(&self.title)) }
                @for sentence in &self.lead { p.ending { (shown(sentence)) } }
                @if let Some(up) = &self.up { p { (up.html()) } }
            }
            main {
                @for table in &self.tables {
                    @if !table.rows.is_empty() { (table.html()) }
                }
            }
        };
        document(&self.name, &self.title, &policy::without_script(&style), &style, &body)
    }
}

impl Table {
    fn html(&self) -> Markup {
        html! {
            section {
                h2 { (shown(&self.title)) }
                div.table tabindex="0" {
                    table {
                        thead { tr { @for head in &self.head { th scope="col" { (shown(head)) } } } }
                        tbody {
                            @for row in &self.rows {
                                tr {
                                    @for cell in row {
                                        @let good = cell.is_good == Some(true);
                                        @let bad = cell.is_good == Some(false);
                                        td.good[good].bad[bad] { (cell.html()) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A link to a file beside or below the page. It can be nothing else: it begins with a
/// dot, so it has no scheme, and whatever is not a letter of a plain name is encoded.
fn href(path: &[String]) -> String {
    let mut href = ".".to_owned();
    for part in path {
        href.push('/');
        for byte in part.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    href.push(char::from(byte));
                }
                _ => href += &format!("%{byte:02X}"),
            }
        }
    }
    href
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_a_file_below_the_page() {
        let href =
            |path: &[&str]| href(&path.iter().map(|&part| part.to_owned()).collect::<Vec<_>>());
        assert_eq!(href(&["ann", "index.html"]), "./ann/index.html");
        assert_eq!(href(&["Ada Lövelace_4"]), "./Ada%20L%C3%B6velace_4");
        assert_eq!(href(&["javascript:x"]), "./javascript%3Ax");
        assert_eq!(href(&["a/../b?c#d\"<"]), "./a%2F..%2Fb%3Fc%23d%22%3C");
    }
}
