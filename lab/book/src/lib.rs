//! The course as a site of static pages.
//!
//! Chapters stay where they are, next to their lessons. From them and from the other pages
//! of the course, [`Book`] makes the pages that mdbook turns into a site, together with
//! what nobody writes by hand: indexes, the map as a figure, the lessons' files, and what
//! comes after a chapter. [`site`] calls mdbook. [`check`] needs neither mdbook nor a
//! machine: it compares every quote, link, anchor and figure with the files and with the
//! stories of the runs.

// In reading order.
mod pages;

pub mod figures;
mod files;
mod index;
mod map;
pub mod quotes;
mod markdown;
pub mod site;

pub use pages::{Book, check};
