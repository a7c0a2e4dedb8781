//! From the bytes of real records to verdicts, without a machine.

mod facts;
mod fixture;
mod timeline;
