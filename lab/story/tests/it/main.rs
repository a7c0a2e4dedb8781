//! From the bytes of real records to verdicts, without a machine.

// If this lint stops being in force, the expectation is unfulfilled and clippy fails.
#![expect(clippy::disallowed_methods, reason = "fixtures are files")]

mod facts;
mod fixture;
mod timeline;
