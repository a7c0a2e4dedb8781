//! The course as a book.

use std::sync::Arc;

use lab::run::Lab;
use libtest_mimic::Failed;

use crate::Test;

pub fn all(lab: &Arc<Lab<'static>>) -> Vec<Test> {
    let lab = Arc::clone(lab);
    vec![Test::new("book::says-what-is-so".to_owned(), move || says_what_is_so(&lab))]
}

/// Every quote, link, anchor and figure of the course.
fn says_what_is_so(lab: &Lab<'_>) -> Result<(), Failed> {
    let faults = ::book::check(&lab.course).map_err(|error| error.to_string())?;
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}
