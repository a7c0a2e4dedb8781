use clap::Args;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui;

/// A command that needs the tests, in a program that was built without them.
/// `cargo xtask` builds the program with them when such a command is called.
#[derive(Args)]
pub struct Untested {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _arguments: Vec<String>,
}

impl Untested {
    pub fn run(self, _context: &Context) -> Result {
        ui::say("error: this program was built without the tests");
        ui::say("hint: call it through `cargo xtask`, which builds it with them");
        Ok(Outcome::USAGE)
    }
}
