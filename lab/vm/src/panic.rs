//! Why the guest kernel panicked, in its own words. This is for people: that
//! it did panic is known from QMP.

/// How the line that names the reason begins, the most telling first.
const REASONS: &[&str] = &[
    "BUG: ",
    "kernel BUG at ",
    "Oops: ",
    "general protection fault",
    "Kernel panic - not syncing: ",
];

/// The reason that a kernel log gives for a panic, with the function it
/// happened in where that is said; empty if there is none.
pub fn reason(log: &str) -> String {
    let messages = || log.lines().map(message);
    let Some(reason) =
        REASONS.iter().find_map(|reason| messages().find(|line| line.starts_with(reason)))
    else {
        return String::new();
    };
    let place = messages().find_map(|line| {
        let (function, _) = line.strip_prefix("RIP: 0010:")?.split_once('+')?;
        Some(format!(", in {function}"))
    });
    format!("{reason}{}", place.unwrap_or_default())
}

/// A reason as the end of a sentence.
pub fn told(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

/// A line of the log without its time.
fn message(line: &str) -> &str {
    line.strip_prefix('[')
        .and_then(|line| line.split_once("] "))
        .map_or(line, |(_, message)| message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_is_told_with_its_function() {
        let log = "[    1.0] lab_x: loaded\n\
                   [    1.5] BUG: kernel NULL pointer dereference, address: 0000000000000000\n\
                   [    1.5] RIP: 0010:lab_x_isr+0x1a/0x40 [lab_x]\n\
                   [    1.6] Kernel panic - not syncing: Fatal exception in interrupt\n";
        assert_eq!(
            reason(log),
            "BUG: kernel NULL pointer dereference, address: 0000000000000000, in lab_x_isr"
        );
        assert_eq!(
            reason("[ 1.6] Kernel panic - not syncing: Attempted to kill init!\n"),
            "Kernel panic - not syncing: Attempted to kill init!"
        );
        assert_eq!(told(&reason("nothing\n")), "");
    }
}
