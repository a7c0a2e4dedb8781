//! What results say about themselves: what ran, and which part of it.

use serde::{Deserialize, Serialize};

use crate::shard::Shard;

/// The head of a suite's results. Nothing in it depends on the host or on where the suite
/// is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The version of the lab.
    pub lab: String,
    /// The release of the machine's kernel.
    pub kernel: String,
    /// The name of the folder or list.
    pub suite: String,
    /// A hash of the programs' names and arguments, in their order.
    pub list: String,
    /// A hash of the sources of the machine's kernel and PID 1, and of what each program
    /// is given besides.
    pub machine: String,
    /// How many programs the whole suite has.
    pub programs: usize,
    /// Which part it is, if it is not the whole suite.
    pub shard: Option<Shard>,
}
