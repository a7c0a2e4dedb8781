//! `--kernel-with`: a kernel that has more, for other people's programs.

use builder::kernel::{Addition, Additions};
use clap::Args;

/// The option of commands that have it.
#[derive(Args)]
pub struct KernelWith {
    /// Use a kernel that has more: block (loop devices, RAM disks, ext4), gpio or input,
    /// separated by commas; its first use builds it, which takes minutes
    #[arg(long = "kernel-with", value_name = "NAME", value_delimiter = ',')]
    names: Vec<Addition>,
}

impl KernelWith {
    /// What the kernel has besides.
    pub fn additions(&self) -> Additions {
        self.names.iter().copied().collect()
    }
}
