//! What a person wants to see of a run, and the form of a report.

use crate::narrow::Narrow;
use crate::render::ink::{Ink, Inked};
use crate::render::text::WIDTH;
use crate::scene::Selection;

/// What a person wants to see of a run.
#[derive(Debug, Clone)]
pub struct View {
    /// Only these scenes. The whole run if `None`.
    pub scenes: Option<Selection>,
    /// Only these lines of the timeline.
    pub narrow: Narrow,
    /// Whether the facts come first.
    pub facts_first: bool,
    /// The maximum width of a line.
    pub columns: usize,
}

impl Default for View {
    /// Everything, in the width of a text that is compared, pasted or printed.
    fn default() -> View {
        View { scenes: None, narrow: Narrow::default(), facts_first: false, columns: WIDTH }
    }
}

/// A section of a report.
pub struct Section {
    pub name: &'static str,
    pub content: Inked,
}

impl Section {
    /// A section of what a program wrote.
    pub fn of_output(name: &'static str, text: &str) -> Section {
        let mut content = Inked::default();
        content.push_str(text);
        if !text.is_empty() && !text.ends_with('\n') {
            content.push_str("\n");
        }
        Section { name, content }
    }
}

impl View {
    /// A report of these sections. `facts` are one of them, and usually the last.
    pub fn report(&self, title: &str, mut sections: Vec<Section>, facts: Option<Section>) -> Inked {
        let place = if self.facts_first { 0 } else { sections.len() };
        sections.splice(place..place, facts);
        let mut report = Inked::default();
        report.push_str(title);
        for Section { name, content } in sections {
            report.push_str("\n");
            report.push(Ink::Heading, &format!("--- {name}"));
            report.push_str("\n");
            report.append(content);
        }
        report
    }
}
