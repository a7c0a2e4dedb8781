//! The part of a run between two marks of its programs.

use std::ops::Range;

/// The part of a run between two marks. Each mark is named by the beginning of its text.
#[derive(Debug, Clone, Copy)]
pub struct Between<'a> {
    /// Starts after the first mark that begins like this, or at the start of the run if
    /// `None`.
    pub after: Option<&'a str>,
    /// Ends before the next mark that begins like this, or at the end of the run if
    /// `None`.
    pub before: Option<&'a str>,
}

/// The run has no such mark.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no mark begins with `{0}`")]
pub struct NoMark(pub String);

impl Between<'_> {
    /// The indices of this part in a run. `says` tells whether an item is a mark with a
    /// given beginning. The mark of `after` is the item before the range.
    pub fn range<T>(
        &self,
        run: &[T],
        says: impl Fn(&T, &str) -> bool,
    ) -> Result<Range<usize>, NoMark> {
        let mark = |start: usize, beginning: &str| {
            let found = run[start..].iter().position(|it| says(it, beginning));
            found.map(|at| start + at).ok_or_else(|| NoMark(beginning.to_owned()))
        };
        let start = self.after.map_or(Ok(0), |after| mark(0, after).map(|at| at + 1))?;
        let end = self.before.map_or(Ok(run.len()), |before| mark(start, before))?;
        Ok(start..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_mark_and_the_next_are_the_borders() {
        let run = ["2. a", "1. b", "c", "2. d", "2. e"];
        let range = |after, before| {
            Between { after, before }.range(&run, |mark, beginning| mark.starts_with(beginning))
        };
        assert_eq!(range(None, None), Ok(0..5));
        assert_eq!(range(Some("1. "), Some("2. ")), Ok(2..3));
        assert_eq!(range(Some("2. e"), None), Ok(5..5));
        for (after, before) in [(Some("3. "), None), (Some("1. "), Some("3. "))] {
            let missing = range(after, before).unwrap_err();
            assert_eq!(missing.to_string(), "no mark begins with `3. `");
        }
    }
}
