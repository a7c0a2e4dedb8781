//! The options that narrow a timeline.

use clap::Args;
use story::narrow::{Narrow, Regex};

#[derive(Args, Clone)]
pub struct Narrowing {
    /// Show only the lines of this task: its number or role (21 or child-1), or the
    /// program that it executes
    #[arg(long, value_name = "ROLE|NAME")]
    task: Option<String>,

    /// Show only the lines of the timeline with this pattern, a regular expression
    #[arg(long, value_name = "PATTERN")]
    grep: Option<Regex>,
}

impl Narrowing {
    /// Whether a person wants to see less than everything.
    pub fn is_asked(&self) -> bool {
        self.task.is_some() || self.grep.is_some()
    }

    pub fn narrow(&self) -> Narrow {
        Narrow { task: self.task.clone(), grep: self.grep.clone() }
    }
}
