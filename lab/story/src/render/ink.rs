//! A text for people that knows what each piece of it is. Whoever shows it decides
//! whether that is a colour.

use std::fmt;

use anstyle::{AnsiColor, Style};
use explain::visible_lines;

/// What a piece of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Plain,
    /// The name of a section or of a lane.
    Heading,
    /// What matters less: a time, a detail of a fact that holds.
    Faint,
    /// Who acts.
    Task,
    /// A device's words.
    Device,
    /// A program's words, from its marks.
    Mark,
    /// The sign of a fact that holds.
    Held,
    /// A fact that does not hold.
    Failed,
    /// An error that a compiler reports.
    Error,
    /// A compiler's warning, or the word that begins a hint.
    Warning,
    /// A place that a compiler names.
    Note,
}

/// A text in pieces.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inked(Vec<(Ink, String)>);

impl Ink {
    /// The eight colours that every terminal has, because a person has chosen them to be
    /// legible.
    fn style(self) -> Style {
        match self {
            Ink::Plain => Style::new(),
            Ink::Heading | Ink::Task => Style::new().bold(),
            Ink::Faint => Style::new().dimmed(),
            Ink::Device => AnsiColor::Yellow.on_default(),
            Ink::Mark | Ink::Note => AnsiColor::Cyan.on_default(),
            Ink::Held => AnsiColor::Green.on_default(),
            Ink::Failed => AnsiColor::Red.on_default(),
            Ink::Error => AnsiColor::Red.on_default().bold(),
            Ink::Warning => AnsiColor::Yellow.on_default().bold(),
        }
    }
}

impl Inked {
    /// Makes a text of one piece.
    pub fn of(ink: Ink, text: &str) -> Inked {
        let mut inked = Inked::default();
        inked.push(ink, text);
        inked
    }

    /// Appends a piece. Only a plain one may have more than one line.
    pub fn push(&mut self, ink: Ink, text: &str) {
        if !text.is_empty() {
            self.0.push((ink, text.to_owned()));
        }
    }

    /// Appends a plain piece.
    pub fn push_str(&mut self, text: &str) {
        self.push(Ink::Plain, text);
    }

    /// Appends all pieces of another text.
    pub fn append(&mut self, mut other: Inked) {
        self.0.append(&mut other.0);
    }

    /// The same text with its control characters written out.
    pub fn visible(self) -> Inked {
        Inked(self.0.into_iter().map(|(ink, text)| (ink, visible_lines(&text))).collect())
    }

    /// The text for a terminal. Only its colours act there: all other control characters
    /// are written out.
    pub fn for_terminal(&self, has_colours: bool) -> String {
        let piece = |(ink, text): &(Ink, String)| {
            let text = visible_lines(text);
            match ink.style() {
                style if has_colours && !style.is_plain() => format!("{style}{text}{style:#}"),
                _ => text,
            }
        };
        self.0.iter().map(piece).collect()
    }
}

impl From<String> for Inked {
    /// Makes a plain text.
    fn from(text: String) -> Inked {
        Inked(vec![(Ink::Plain, text)])
    }
}

impl fmt::Display for Inked {
    /// Writes the text without colours.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(_, text)| f.write_str(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_colours_act_on_a_terminal() {
        let mut text = Inked::default();
        text.push(Ink::Held, "✓");
        text.push_str(" a\x1b[2J\n");
        text.push(Ink::Failed, "b\x1b]0;c\x07");
        assert_eq!(text.to_string(), "✓ a\x1b[2J\nb\x1b]0;c\x07");
        assert_eq!(text.for_terminal(false), "✓ a\\u{1b}[2J\nb\\u{1b}]0;c\\u{7}");
        assert_eq!(
            text.for_terminal(true),
            "\x1b[32m✓\x1b[0m a\\u{1b}[2J\n\x1b[31mb\\u{1b}]0;c\\u{7}\x1b[0m"
        );
    }
}
