use clap::Args;

use crate::context::Context;
use crate::outcome::{Outcome, Result};
use crate::ui;

/// A command that this program was built without, as it is for every other command:
/// `cargo xtask` builds it with them where one is called.
#[derive(Args)]
pub struct Untested {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _arguments: Vec<String>,
}

impl Untested {
    pub fn run(self, _context: &Context) -> Result {
        ui::say("error: this program was built without the tests");
        ui::say("hint: call it by `cargo xtask`, which builds it with them");
        Ok(Outcome::USAGE)
    }
}
