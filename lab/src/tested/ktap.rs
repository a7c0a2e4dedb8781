//! KTAP, the kernel's test protocol (Documentation/dev-tools/ktap.rst).

use explain::visible;

use super::{Outcome, Tested};

/// One result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub name: String,
    pub outcome: Outcome,
}

impl Line {
    /// Parses a result at the top level. `None` for any other line. A kselftest is named
    /// as in its list: `selftests: signal: sas` is `signal:sas`.
    pub fn parse(line: &str) -> Option<Line> {
        let (ok, rest) = match line.strip_prefix("not ok ") {
            Some(rest) => (false, rest),
            None => (true, line.strip_prefix("ok ")?),
        };
        let (number, rest) = rest.split_once(' ')?;
        number.parse::<u64>().ok()?;
        let rest = rest.strip_prefix("- ").unwrap_or(rest);
        let (name, directive) = rest.split_once(" # ").unwrap_or((rest, ""));
        let outcome = match directive.split([' ', '=']).next() {
            Some("SKIP") => Outcome::Skipped,
            Some("TIMEOUT") => Outcome::TimedOut,
            Some("ERROR") => Outcome::Error,
            _ if ok => Outcome::Passed,
            _ => Outcome::Failed,
        };
        let name = match name.strip_prefix("selftests: ") {
            Some(name) => name.replacen(": ", ":", 1),
            None => name.to_owned(),
        };
        Some(Line { name: name.trim_end().to_owned(), outcome })
    }
}

/// The results of a suite. What a program wrote that did not pass comes before its result.
pub fn text(tests: &[Tested]) -> String {
    let mut text = format!("KTAP version 1\n1..{}\n", tests.len());
    for (number, test) in (1..).zip(tests) {
        let output = test.output.iter().flat_map(|output| output.lines());
        text.extend(output.map(|line| format!("# {}\n", visible(line))));
        let said = test.said.as_ref().map(|said| visible(said)).unwrap_or_default();
        let (ok, directive) = match test.outcome {
            Outcome::Passed => ("ok", String::new()),
            Outcome::Skipped => ("ok", format!(" # SKIP {said}")),
            Outcome::Failed => ("not ok", format!(" # {said}")),
            Outcome::TimedOut => ("not ok", format!(" # TIMEOUT {said}")),
            Outcome::Error => ("not ok", format!(" # ERROR {said}")),
        };
        text += &format!("{ok} {number} {}{directive}\n", visible(&test.name));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_as_kselftest_writes_them() {
        let line = |text| Line::parse(text).map(|line| (line.name, line.outcome));
        let is = |name: &str, outcome| Some((name.to_owned(), outcome));
        assert_eq!(line("ok 1 selftests: signal: sas"), is("signal:sas", Outcome::Passed));
        assert_eq!(line("ok 2 selftests: x: y # SKIP"), is("x:y", Outcome::Skipped));
        assert_eq!(line("not ok 3 selftests: x: y # exit=1"), is("x:y", Outcome::Failed));
        let timed_out = "not ok 4 selftests: x: y # TIMEOUT 45 seconds";
        assert_eq!(line(timed_out), is("x:y", Outcome::TimedOut));
        assert_eq!(line("ok 5 - plain"), is("plain", Outcome::Passed));
        for other in ["# ok 1 nested", "    ok 1 nested", "okay", "ok", "1..5", "ok one two"] {
            assert_eq!(line(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let test = |outcome, said: Option<&str>, output: Option<&str>| Tested {
            name: "a:b".to_owned(),
            outcome,
            status: None,
            said: said.map(str::to_owned),
            output: output.map(str::to_owned),
            unlike: None,
        };
        let tests = [
            test(Outcome::Passed, None, None),
            test(Outcome::Failed, Some("exit status 1"), Some("one\ntwo\u{1b}\n")),
            test(Outcome::Skipped, Some("exit status 4"), None),
            test(Outcome::TimedOut, Some("60 s of guest time"), None),
            test(Outcome::Error, Some("no such file"), None),
        ];
        let text = text(&tests);
        assert_eq!(
            text,
            "KTAP version 1\n1..5\nok 1 a:b\n# one\n# two\\u{1b}\nnot ok 2 a:b # exit status 1\n\
             ok 3 a:b # SKIP exit status 4\nnot ok 4 a:b # TIMEOUT 60 s of guest time\n\
             not ok 5 a:b # ERROR no such file\n"
        );
        let read: Vec<Outcome> =
            text.lines().filter_map(Line::parse).map(|line| line.outcome).collect();
        assert_eq!(read, tests.map(|test| test.outcome));
    }
}
