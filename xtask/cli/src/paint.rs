//! Colours for a report on an attempt, where there is a terminal.
//!
//! The report is safe to show before it is painted: a colour is chosen by how a line
//! begins, and nothing of a line is left out.

const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const GREEN: &str = "32";
const CYAN: &str = "36";

/// Paints a report. `paints` says whether it gets colours.
pub fn report(text: &str, paints: bool) -> String {
    if !paints {
        return text.to_owned();
    }
    let mut in_compiler = false;
    let paint = |line: &str| {
        if line.starts_with("--- ") {
            in_compiler = line == "--- compiler";
        }
        let colour = match line.chars().next() {
            Some('✓') => Some(GREEN),
            Some('✗') => Some(RED),
            _ if line.starts_with("hint:") => Some(YELLOW),
            _ if in_compiler => line.strip_prefix("| ").and_then(of_compiler),
            _ => None,
        };
        match colour {
            // A sign's words are read more than the sign.
            Some(colour @ (GREEN | RED)) if !line.starts_with('|') => {
                let (sign, rest) = line.split_at('✓'.len_utf8());
                format!("\x1b[{colour}m{sign}\x1b[0m{rest}\n")
            }
            Some(colour) => format!("\x1b[{colour}m{line}\x1b[0m\n"),
            None => format!("{line}\n"),
        }
    };
    text.lines().map(paint).collect()
}

/// The colour of a compiler's line.
fn of_compiler(line: &str) -> Option<&'static str> {
    let begins = |word: &str| line.starts_with(word) || line.contains(&format!(": {word}: "));
    let points =
        line.trim_start_matches([' ', '|', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    match () {
        () if begins("error") || line.contains(": fatal error: ") => Some(RED),
        () if begins("warning") => Some(YELLOW),
        () if begins("note") || line.trim_start().starts_with("--> ") => Some(CYAN),
        () if points.starts_with('^') => Some(RED),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compilers_and_checks_have_colours_and_programs_have_none() {
        let text = "--- compiler\n| error[E1]: x\n| a.c:1:2: warning: y\n|   --> a.rs:1:1\n\
                    --- output\n| error: z\n✓ a\n✗ b\nhint: c\n";
        assert_eq!(
            report(text, true),
            "--- compiler\n\x1b[1;31m| error[E1]: x\x1b[0m\n\
             \x1b[1;33m| a.c:1:2: warning: y\x1b[0m\n\x1b[36m|   --> a.rs:1:1\x1b[0m\n\
             --- output\n| error: z\n\x1b[32m✓\x1b[0m a\n\x1b[1;31m✗\x1b[0m b\n\
             \x1b[1;33mhint: c\x1b[0m\n"
        );
        assert_eq!(report(text, false), text);
    }
}
