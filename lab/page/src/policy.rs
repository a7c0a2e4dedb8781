//! What the page may do: run its own script and use its own style, and nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::lanes::Lanes;

/// The page's only script.
pub(crate) const SCRIPT: &str = include_str!("page.js");

const STYLE: &str = include_str!("page.css");

/// The page's only style sheet. The graph is as wide as its lanes.
pub(crate) fn style(lanes: &Lanes) -> String {
    format!(":root {{ --graph: {}px; }}\n{STYLE}", lanes.width())
}

/// The only style sheet of a page of tables.
pub(crate) fn report_style() -> String {
    format!("{STYLE}{}", include_str!("report.css"))
}

/// The policy of a page that runs nothing.
pub(crate) fn without_script(style: &str) -> String {
    format!("default-src 'none'; style-src {}; base-uri 'none'; form-action 'none'", hash(style))
}

/// The content security policy
/// ([CSP level 3](https://www.w3.org/TR/CSP3/)): the hashes allow just this script and
/// this style.
pub(crate) fn policy(style: &str) -> String {
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(style)
    )
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}
