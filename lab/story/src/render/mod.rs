//! A timeline as people see it. Rendering decides nothing: what is told, and
//! in which lane, is in the [`crate::timeline::Timeline`].

pub mod detail;
pub mod text;

pub mod wrap;
