//! What a kernel can have besides what lessons need, for other people's programs. Each is
//! a fragment of its own, so that no lesson pays for it.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One addition to a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Addition {
    /// Block devices: loop devices, RAM disks and ext4.
    Block,
    /// GPIO lines, and a simulated chip that has some.
    Gpio,
    /// Input devices, also those that a program makes.
    Input,
}

/// The additions of a kernel. The order in which a person names them does not matter.
pub type Additions = BTreeSet<Addition>;

impl Addition {
    /// All of them, in the order of their names.
    pub const ALL: [Addition; 3] = [Addition::Block, Addition::Gpio, Addition::Input];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Addition::Block => "block",
            Addition::Gpio => "gpio",
            Addition::Input => "input",
        }
    }

    /// Its configuration fragment in `images/`.
    pub fn file(self) -> String {
        format!("{}.fragment", self.name())
    }
}

impl FromStr for Addition {
    type Err = String;

    /// Parses a name. The error lists the possible names.
    fn from_str(name: &str) -> Result<Addition, String> {
        let named = Addition::ALL.into_iter().find(|addition| addition.name() == name);
        named.ok_or_else(|| {
            let names = Addition::ALL.map(Addition::name).join(", ");
            format!("a kernel can have these additions: {names}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::image;

    #[test]
    fn a_name_is_an_addition_with_a_fragment() {
        for addition in Addition::ALL {
            assert_eq!(addition.name().parse(), Ok(addition));
            assert!(image(&addition.file()).is_file(), "{addition:?}");
        }
        assert!(Addition::ALL.is_sorted_by_key(|addition| addition.name()));
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_that_exist() {
        let answer = Err("a kernel can have these additions: block, gpio, input".to_owned());
        for name in ["", "Block", "blocks", "../kernel"] {
            assert_eq!(name.parse::<Addition>(), answer, "{name}");
        }
    }
}
