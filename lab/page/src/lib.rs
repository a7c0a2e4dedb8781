//! A run as one page of HTML that needs nothing else: no network and no other file.
//!
//! The page works without its script, which only adds keys and lights up chains of causes.
//! Whatever came from a program, a module or a file is shown as text: `maud` escapes it,
//! and [`text::shown`] writes out what a browser would act on. The page's own policy
//! forbids every script and style but its own two.
//!
//! Nothing here does IO.

// `clippy.toml` lists everything that does IO.
#![deny(clippy::disallowed_macros, clippy::disallowed_methods, clippy::disallowed_types)]

mod document;
mod events;
mod facts;
mod lanes;
mod policy;
mod report;
mod source;
mod text;

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};
use serde::{Deserialize, Serialize};
use story::timeline::{Roles, Timeline};

use document::document;
use events::Events;
use lanes::Lanes;
use text::shown;

pub use report::{Cell, Report, Table};

/// What a page shows.
pub struct Page<'a> {
    /// The name of the lesson or program.
    pub name: &'a str,
    /// The question that it answers, or its command line.
    pub title: &'a str,
    /// Whether everything that was expected happened. `None` if nothing was expected.
    pub passed: Option<bool>,
    /// One sentence about the end of the run, if it did not simply end.
    pub ending: Option<String>,
    /// What made the run, as names and values: the lab, the kernel, QEMU.
    pub made_by: Vec<(&'a str, String)>,
    /// What the program wrote, as a name and the text.
    pub output: Vec<(&'a str, String)>,
    pub facts: Vec<Fact>,
    pub timeline: &'a Timeline,
    /// The names of tasks. `None` if the trace may not have their births; then a task is
    /// its number.
    pub roles: Option<&'a Roles>,
    /// The scene of each entry of the timeline.
    pub scenes: Vec<Option<String>>,
    pub sources: Vec<Source>,
    /// The source files of functions on stacks, as far as they are known.
    pub files: BTreeMap<Function, String>,
}

/// A function of the kernel or of a module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Function {
    /// `None` for the kernel itself.
    pub module: Option<String>,
    pub name: String,
}

/// Something that the run had to show.
pub struct Fact {
    pub fact: String,
    pub passed: bool,
    /// Where it was found, or what came closest. May have several lines.
    pub detail: String,
    /// Places in the timeline.
    pub evidence: Vec<usize>,
}

/// A file of the program or of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// As marks name it, such as `src/main.rs`.
    pub path: String,
    pub text: String,
}

impl Page<'_> {
    /// The page.
    pub fn html(&self) -> String {
        let lanes = Lanes::of(self.timeline, self.roles);
        let style = policy::style(&lanes);
        let events = Events { page: self, lanes: &lanes };
        let body = html! {
            (self.header())
            main {
                (facts::section(self))
                @for (name, text) in &self.output {
                    @if !text.is_empty() {
                        details.box open[text.lines().count() <= 30] {
                            summary { h2 { (name) } }
                            pre tabindex="0" { (shown(text)) }
                        }
                    }
                }
                (events.section())
                (source::sections(self))
            }
            script { (PreEscaped(policy::SCRIPT)) }
        };
        document(self.name, self.title, &policy::policy(&style), &style, &body)
    }

    fn header(&self) -> Markup {
        html! {
            header {
                p.name { (shown(self.name)) }
                h1 { (shown(self.title)) }
                @if let Some(passed) = self.passed {
                    @let held = self.facts.iter().filter(|fact| fact.passed).count();
                    p.verdict.passed[passed].failed[!passed] {
                        @if passed { "✓ " } @else { "✗ " }
                        (held) " of " (self.facts.len()) " facts hold"
                    }
                }
                @if let Some(ending) = &self.ending { p.ending { (shown(ending)) } }
                dl.made {
                    @for (name, value) in &self.made_by {
                        div { dt { (name) } dd { (shown(value)) } }
                    }
                }
            }
        }
    }
}
