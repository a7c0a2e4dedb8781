//! What the run had to show, each with links to the events that show it.

use maud::{Markup, html};
use story::render::text::microseconds;

use crate::text::shown;
use crate::{Fact, Page};

/// The most links of one fact.
const LINKS: usize = 12;

pub(crate) fn section(page: &Page<'_>) -> Markup {
    html! {
        @if !page.facts.is_empty() {
            section.facts aria-labelledby="facts" {
                h2 id="facts" { "Facts" }
                ol {
                    @for fact in &page.facts { (self::fact(page, fact)) }
                }
            }
        }
    }
}

fn fact(page: &Page<'_>, fact: &Fact) -> Markup {
    let lead = if fact.passed { "evidence: " } else { "closest: " };
    html! {
        li.passed[fact.passed].failed[!fact.passed] {
            span.sign { @if fact.passed { "✓" } @else { "✗" } }
            div {
                p { (shown(&fact.fact)) }
                @if !fact.passed && !fact.detail.is_empty() { pre tabindex="0" { (shown(&fact.detail)) } }
                @if !fact.evidence.is_empty() {
                    p.evidence {
                        (lead)
                        @for &at in fact.evidence.iter().take(LINKS) {
                            a href=(format!("#e{at}")) { (microseconds(page.timeline.entries[at].time_ns)) } " "
                        }
                        @if fact.evidence.len() > LINKS {
                            "and " (fact.evidence.len() - LINKS) " more "
                        }
                        "µs"
                    }
                }
            }
        }
    }
}
