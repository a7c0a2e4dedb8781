//! The keyboard: one key per command.

use std::io::{BufRead, Read};
use std::sync::mpsc::Sender;

use super::Event;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Check,
    Hint,
    Next,
    List,
    /// The whole report.
    All,
    /// What is asked for.
    Task,
    Solution,
    Quit,
    /// Any other key: shows the help.
    Help,
}

/// What the keys do, for people.
pub const HELP: &str = "c check  a all  t task  h hint  s solution  n next  l list  q quit";

impl Key {
    fn of(byte: u8) -> Key {
        match byte.to_ascii_lowercase() {
            b'c' | b'\n' | b'\r' => Key::Check,
            b'h' => Key::Hint,
            b'n' => Key::Next,
            b'l' => Key::List,
            b'a' => Key::All,
            b't' => Key::Task,
            b's' => Key::Solution,
            b'q' | 0x04 => Key::Quit, // Ctrl-D
            _ => Key::Help,
        }
    }
}

/// Sends each key. If the terminal gives keys at once, so does this; otherwise it sends
/// the first letter of each line.
pub fn listen(sender: Sender<Event>, immediate: bool) {
    std::thread::spawn(move || {
        let stdin = std::io::stdin().lock();
        let keys: Box<dyn Iterator<Item = u8>> = if immediate {
            Box::new(stdin.bytes().map_while(Result::ok))
        } else {
            let first = |line: String| line.bytes().next().unwrap_or(b'\n');
            Box::new(stdin.lines().map_while(Result::ok).map(first))
        };
        for byte in keys {
            if sender.send(Event::Key(Key::of(byte))).is_err() {
                return;
            }
        }
        let _ = sender.send(Event::End);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_help_is_known() {
        for word in HELP.split("  ") {
            assert_ne!(Key::of(word.as_bytes()[0]), Key::Help, "{word}");
        }
        assert_eq!(Key::of(b'x'), Key::Help);
    }
}
