//! A timeline in the form that people see. Rendering decides nothing: the
//! [`crate::timeline::Timeline`] says what is told in which lane.

pub mod detail;
pub mod ink;
pub mod text;

pub mod wrap;
