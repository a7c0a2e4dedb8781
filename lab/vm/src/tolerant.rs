//! Makes QEMU's messages readable for `qapi` by removing what it does not know.
//!
//! `qapi`'s types match one version of QEMU. A newer QEMU has more events, enumeration
//! values, error classes and capabilities, and `qapi` rejects a line with any of them. So
//! we drop an event that it cannot read, and replace an unknown part of an answer by a
//! known one.

use std::io::{self, BufRead, Read, Write};

use qapi::qmp;
use serde_json::{Value, json};

/// The error classes that `qapi` knows. `GenericError` replaces any other.
const CLASSES: &[&str] =
    &["GenericError", "CommandNotFound", "DeviceNotActive", "DeviceNotFound", "KVMMissingCap"];

/// The monitor capability that `qapi` knows.
const OUT_OF_BAND: &str = "oob";

/// Reads lines of QMP and passes on those that `qapi` understands.
pub struct Tolerant<R> {
    inner: R,
    line: Vec<u8>,
    /// How many bytes of the line have been passed on.
    given: usize,
}

impl<R: BufRead> Tolerant<R> {
    pub fn new(inner: R) -> Tolerant<R> {
        Tolerant { inner, line: Vec::new(), given: 0 }
    }
}

impl<R: BufRead> BufRead for Tolerant<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.given == self.line.len() {
            let mut line = Vec::new();
            if self.inner.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if let Some(line) = understood(line) {
                (self.line, self.given) = (line, 0);
            }
        }
        Ok(&self.line[self.given..])
    }

    fn consume(&mut self, amount: usize) {
        self.given += amount;
    }
}

impl<R: BufRead> Read for Tolerant<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Write> Write for Tolerant<R> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.inner.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Rewrites a line so that `qapi` understands it. Returns `None` for an event that it
/// does not know. A line that is not JSON stays unchanged, and `qapi` reports the error.
fn understood(line: Vec<u8>) -> Option<Vec<u8>> {
    let Ok(mut message) = serde_json::from_slice::<Value>(&line) else { return Some(line) };
    if message.get("event").is_some() {
        let is_known = serde_json::from_value::<qmp::Event>(message).is_ok();
        return is_known.then_some(line);
    }
    if let Some(capabilities) =
        message.pointer_mut("/QMP/capabilities").and_then(Value::as_array_mut)
    {
        capabilities.retain(|capability| capability == OUT_OF_BAND);
    }
    if let Some(class) = message.pointer_mut("/error/class")
        && !class.as_str().is_some_and(|class| CLASSES.contains(&class))
    {
        *class = json!("GenericError");
    }
    Some(format!("{message}\n").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(lines: &str) -> Vec<String> {
        Tolerant::new(lines.as_bytes()).lines().map(Result::unwrap).collect()
    }

    const STOP: &str = r#"{"timestamp":{"seconds":1,"microseconds":2},"event":"STOP"}"#;

    #[test]
    fn events_from_the_future_are_passed_over() {
        let shutdown = r#"{"timestamp":{"seconds":1,"microseconds":2},"event":"SHUTDOWN","data":{"guest":true,"reason":"guest-reset","by":"whom"}}"#;
        let lines = [
            r#"{"timestamp":{"seconds":1,"microseconds":2},"event":"TELEPORTED","data":{"to":"there"}}"#,
            STOP,
            r#"{"timestamp":{"seconds":1,"microseconds":2},"event":"MIGRATION","data":{"status":"failing"}}"#,
            shutdown,
        ];
        assert_eq!(given(&lines.join("\n")), [STOP, shutdown]);
    }

    #[test]
    fn what_is_new_in_an_answer_is_put_in_known_words() {
        let greeting = r#"{"QMP":{"version":{"qemu":{"micro":0,"minor":0,"major":99},"package":""},"capabilities":["oob","telepathy"]}}"#;
        let [greeting] = &given(greeting)[..] else { panic!("one line") };
        let greeting: Value = serde_json::from_str(greeting).unwrap();
        assert_eq!(greeting["QMP"]["capabilities"], json!(["oob"]));
        let error = r#"{"error":{"class":"Unwilling","desc":"no"}}"#;
        assert_eq!(given(error), [r#"{"error":{"class":"GenericError","desc":"no"}}"#]);
        let known = r#"{"error":{"class":"CommandNotFound","desc":"no"}}"#;
        assert_eq!(given(known), [known]);
    }

    #[test]
    fn what_is_no_qmp_stays() {
        assert_eq!(given("no JSON\n"), ["no JSON"]);
    }
}
