//! Fits a report on a screen: what matters less is cut first, and what was cut is said.

use story::render::ink::{Ink, Inked};
use story::render::wrap::width;

/// A part of a report.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// The lines, without their newlines.
    pub lines: Vec<Inked>,
    /// How many of them must be shown.
    pub least: usize,
    /// Which lines go first if there is no room.
    pub cut: Cut,
    /// Whether a blank line comes before it.
    pub apart: bool,
}

/// Where a section is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cut {
    /// Its first lines stay.
    #[default]
    End,
    /// Its first line, which is its title, and its last lines stay.
    Begin,
}

impl Section {
    /// A section that is always shown whole.
    pub fn whole(lines: Vec<Inked>) -> Section {
        Section { least: lines.len(), lines, ..Section::default() }
    }

    /// A section of which `least` lines must be shown.
    pub fn cut(lines: Vec<Inked>, least: usize, cut: Cut) -> Section {
        Section { lines, least, cut, apart: false }
    }

    /// How many rows of so many columns it takes.
    fn rows(&self, columns: usize) -> usize {
        let rows = |line: &Inked| width(&line.to_string()).div_ceil(columns).max(1);
        match self.lines.is_empty() {
            true => 0,
            false => self.lines.iter().map(rows).sum::<usize>() + usize::from(self.apart),
        }
    }

    /// Leaves out `excess` lines, or as many as may be. Returns whether it left out any.
    fn shrink(&mut self, excess: usize) -> bool {
        let spare = self.lines.len().saturating_sub(self.least);
        // The line that says so takes one, too.
        if excess == 0 || spare < 2 {
            return false;
        }
        let out = (excess + 1).min(spare);
        let keep = self.lines.len() - out;
        // Without their number: that of a broken kernel's reports differs between hosts.
        let more = Inked::of(Ink::Faint, "… more lines");
        match self.cut {
            Cut::End => {
                self.lines.truncate(keep);
                self.lines.push(more);
            }
            Cut::Begin => {
                let title = usize::from(keep > 0);
                self.lines.splice(title..title + out, [more]);
            }
        }
        true
    }
}

/// Sections as text.
#[derive(Debug)]
pub struct Fitted {
    pub text: Inked,
    /// How many rows of a terminal it takes.
    pub rows: usize,
    /// Whether something was cut.
    pub is_cut: bool,
}

/// The sections as text, cut to `rows` of `columns` as far as they may be. `order` has the
/// places of those to cut, the first one first.
pub fn fit(mut sections: Vec<Section>, rows: usize, columns: usize, order: &[usize]) -> Fitted {
    let used = |sections: &[Section]| -> usize {
        sections.iter().map(|section| section.rows(columns)).sum()
    };
    let mut is_cut = false;
    for &place in order {
        let excess = used(&sections).saturating_sub(rows);
        is_cut |= sections[place].shrink(excess);
    }
    Fitted { text: text(&sections), rows: used(&sections), is_cut }
}

/// All sections, one after the other.
pub fn text(sections: &[Section]) -> Inked {
    let mut text = Inked::default();
    for section in sections.iter().filter(|section| !section.lines.is_empty()) {
        if section.apart && text != Inked::default() {
            text.push_str("\n");
        }
        for line in &section.lines {
            text.append(line.clone());
            text.push_str("\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(letter: &str, lines: usize, least: usize) -> Section {
        let lines = (1..=lines).map(|n| Inked::from(format!("{letter}{n}"))).collect();
        Section { lines, least, ..Section::default() }
    }

    #[test]
    fn what_fits_is_shown() {
        let sections = vec![section("a", 2, 0), Section { apart: true, ..section("b", 1, 0) }];
        let fitted = fit(sections, 4, 80, &[0, 1]);
        assert_eq!(fitted.text.to_string(), "a1\na2\n\nb1\n");
        assert_eq!((fitted.rows, fitted.is_cut), (4, false));
    }

    #[test]
    fn a_line_may_take_several_rows() {
        let fitted = fit(vec![section("wide", 3, 1)], 4, 4, &[0]);
        assert_eq!(fitted.text.to_string(), "wide1\n… more lines\n");
        assert!(fitted.is_cut);
        assert_eq!(fitted.rows, 2 + 3);
    }

    #[test]
    fn what_matters_less_is_cut_first_and_never_below_its_least() {
        let sections = || vec![section("a", 6, 2), section("b", 6, 1)];
        let cut = |rows| fit(sections(), rows, 80, &[1, 0]).text.to_string();
        assert_eq!(cut(11), "a1\na2\na3\na4\na5\na6\nb1\nb2\nb3\nb4\n… more lines\n");
        assert_eq!(cut(7), "a1\na2\na3\na4\n… more lines\nb1\n… more lines\n");
        assert_eq!(cut(1), "a1\na2\n… more lines\nb1\n… more lines\n");
        let last = Section { cut: Cut::Begin, ..section("c", 6, 1) };
        let text = fit(vec![last], 4, 80, &[0]).text.to_string();
        assert_eq!(text, "c1\n… more lines\nc5\nc6\n");
    }
}
