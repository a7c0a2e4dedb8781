//! Reads a CPU's `stats` file, which says whether the trace is complete.

use super::TraceError;

/// The numbers in `stats` that matter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stats {
    /// Events overwritten, dropped, or left in the buffer.
    pub lost: u64,
    /// Events that a reader got from the kernel.
    pub read: u64,
}

impl Stats {
    /// Parses lines `name: value`, written by `tracing_stats_read` in
    /// kernel/trace/trace.c.
    pub fn parse(text: &str) -> Result<Stats, TraceError> {
        let value = |name: &'static str| {
            text.lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(key, _)| *key == name)
                .and_then(|(_, value)| value.trim().parse::<u64>().ok())
                .ok_or(TraceError::Stats { name })
        };
        let lost = ["entries", "overrun", "commit overrun", "dropped events"];
        let lost = lost.into_iter().map(value).sum::<Result<u64, TraceError>>()?;
        Ok(Stats { lost, read: value("read events")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_add_up() {
        let text = "entries: 1\noverrun: 20\ncommit overrun: 300\nbytes: 7\n\
                    oldest event ts:     3.5\ndropped events: 4000\nread events: 6\n";
        assert_eq!(Stats::parse(text), Ok(Stats { lost: 4321, read: 6 }));
    }

    #[test]
    fn silence_is_no_statistics() {
        assert_eq!(
            Stats::parse("").unwrap_err().to_string(),
            "failed to parse the trace's statistics: no `entries`"
        );
    }
}
