//! Pages with tables that are made from data. A table is known by its first line.
//! `cargo xtask test --accept tidy` updates the tables.

use std::path::PathBuf;

use libtest_mimic::Failed;

use crate::snapshots::{difference, is_accepting};

/// A page whose tables are compared, or updated.
pub struct Page {
    /// The file's name, from the root of the workspace.
    name: &'static str,
    text: String,
    updated: String,
}

impl Page {
    pub fn read(name: &'static str) -> Result<Page, Failed> {
        let text = std::fs::read_to_string(path(name))?;
        Ok(Page { name, updated: text.clone(), text })
    }

    /// Puts today's table, which ends with a newline, in the place of the one with the same
    /// head. The error says that the page has none.
    pub fn put(&mut self, table: &str) -> Result<(), String> {
        let new = replaced(&self.updated, table)
            .ok_or_else(|| format!("{} lacks a table; that of today is\n{table}", self.name))?;
        self.updated = new;
        Ok(())
    }

    /// Writes the page if its tables may be updated. Otherwise returns how it differs.
    pub fn settle(self) -> Result<Option<String>, Failed> {
        if is_accepting() {
            std::fs::write(path(self.name), self.updated)?;
            return Ok(None);
        }
        let Page { name, text, updated } = &self;
        Ok((updated != text).then(|| {
            format!(
                "{name} is not today's; `cargo xtask test --accept tidy` writes its tables\n{}",
                difference((name, text), ("today's", updated))
            )
        }))
    }
}

fn path(name: &str) -> PathBuf {
    builder::root().join(name)
}

/// The head of a table, and the line below it.
pub fn table(heads: &[&str]) -> String {
    row(heads) + &format!("|{}\n", "---|".repeat(heads.len()))
}

/// A line of a table.
pub fn row(cells: &[&str]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// A page with a table in the place of the one with the same head. `None` if it has none.
fn replaced(page: &str, table: &str) -> Option<String> {
    let head = table.lines().next().unwrap_or_default();
    let start = page.find(&format!("\n{head}\n"))? + 1;
    let length = page[start..].split_inclusive('\n').take_while(|line| line.starts_with('|'));
    let end = start + length.map(str::len).sum::<usize>();
    Some(page[..start].to_owned() + table + &page[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_table_with_the_same_head_is_replaced() {
        let page = "# Map\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nText\n\n| c |\n|---|\n";
        let table = "| a | b |\n|---|---|\n| 3 | 4 |\n| 5 | 6 |\n";
        assert_eq!(
            replaced(page, table).as_deref(),
            Some("# Map\n\n| a | b |\n|---|---|\n| 3 | 4 |\n| 5 | 6 |\n\nText\n\n| c |\n|---|\n")
        );
        assert_eq!(replaced(page, "| d |\n|---|\n"), None);
    }
}
