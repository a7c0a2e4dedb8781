//! From the bytes of real records to verdicts, without a machine.

// Where this lint is no longer in force, nothing is expected, and clippy fails.
#![expect(clippy::disallowed_methods, reason = "fixtures are files")]

mod facts;
mod fixture;
mod timeline;
