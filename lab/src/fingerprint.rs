//! A run's exact bytes, as one number. Two runs have the same number only if everything
//! that the guest sent is the same, including times and process ids.

use std::fmt;

use trace::TraceError;
use trace::record::Record;
use trace::ring_buffer;

use builder::cache::{Key, KeyBuilder};

/// The hash of what a run left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(Key);

impl Fingerprint {
    /// Hashes a whole record without its nonce, which differs in every run: how the
    /// program ended, what it wrote, and every event as the kernel recorded it.
    ///
    /// # Errors
    /// The same as of [`ring_buffer::read`]. Bytes after the last event on a page are not
    /// part of the trace.
    pub fn new(record: &Record) -> Result<Fingerprint, TraceError> {
        let mut key = Key::builder("run")
            .text("ended", &format!("{:?}", record.outcome.ended))
            .bytes("stdout", &record.stdout)
            .bytes("stderr", &record.stderr);
        for module in record.first_modules.iter().chain(&record.modules) {
            key = key.text(&module.name, &module.text_address.to_string());
        }
        let event = |key: KeyBuilder, event: &ring_buffer::RawEvent<'_>| {
            key.bytes(&event.time_ns.to_string(), event.payload)
        };
        let key = ring_buffer::read(&record.trace)?.events.iter().fold(key, event);
        Ok(Fingerprint(key.finish()))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
