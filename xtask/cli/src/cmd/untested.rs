use clap::Args;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui;

/// Run every test: unit tests, lessons against their snapshots, tidy
///
/// This program was built without them, as it is for every other command;
/// `cargo xtask test` builds it with them.
#[derive(Args)]
pub struct Test {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _arguments: Vec<String>,
}

impl Test {
    pub fn run(self, _context: &Context) -> Result {
        ui::say("error: this program was built without the tests");
        ui::say("hint: `cargo xtask test` builds it with them");
        Ok(Outcome::USAGE)
    }
}
