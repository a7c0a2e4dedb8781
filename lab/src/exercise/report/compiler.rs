//! What a compiler said: its messages, and what each of its lines is.

use story::render::ink::{Ink, Inked};

use super::quoted_lines;

/// The messages of a compiler as a section of a report.
pub fn section(output: &str) -> Vec<Inked> {
    let lines = quoted_lines("compiler", messages(output)).into_iter();
    let ink = |(number, line): (usize, String)| {
        let ink = if number == 0 { Ink::Heading } else { of(line.trim_start_matches("| ")) };
        Inked::of(ink, &line)
    };
    lines.enumerate().map(ink).collect()
}

/// The messages, without the count of them at the end.
fn messages(output: &str) -> impl Iterator<Item = &str> {
    let is_count = |line: &str| line.starts_with("warning: ") && line.ends_with(" emitted");
    let counted = output.trim_end().lines().next_back().is_some_and(is_count);
    let end = output.trim_end().lines().count() - usize::from(counted);
    let lines = output.lines().take(end).collect::<Vec<&str>>();
    let filled = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    lines.into_iter().take(filled)
}

/// What a line of rustc or gcc is, by their own form of messages.
fn of(line: &str) -> Ink {
    let begins = |word: &str| line.starts_with(word) || line.contains(&format!(": {word}: "));
    let points = line.trim_start_matches(|c: char| c == ' ' || c == '|' || c.is_ascii_digit());
    match () {
        () if begins("error") || line.contains(": fatal error: ") => Ink::Error,
        () if begins("warning") => Ink::Warning,
        () if begins("note") || line.trim_start().starts_with("--> ") => Ink::Note,
        () if points.starts_with('^') => Ink::Error,
        () => Ink::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_known() {
        let output = "error[E1]: x\na.c:1:2: warning: y\n  --> a.rs:1:1\n3 | call();\n  | ^^^^\n";
        let colours = section(output).iter().map(|line| line.for_terminal(true)).collect();
        let colours: Vec<String> = colours;
        assert_eq!(
            colours,
            [
                "\x1b[1m--- compiler\x1b[0m",
                "\x1b[1m\x1b[31m| error[E1]: x\x1b[0m",
                "\x1b[1m\x1b[33m| a.c:1:2: warning: y\x1b[0m",
                "\x1b[36m|   --> a.rs:1:1\x1b[0m",
                "| 3 | call();",
                "\x1b[1m\x1b[31m|   | ^^^^\x1b[0m",
            ]
        );
    }

    #[test]
    fn the_count_of_messages_is_left_out() {
        let output = "warning: unused\n\nwarning: `a` (bin \"a\") generated 1 warning emitted\n";
        assert_eq!(messages(output).collect::<Vec<_>>(), ["warning: unused"]);
    }
}
