//! Options that say how the guest's kernel is compiled.

use builder::kernel::{Compiler, Optimize, Options};
use clap::{Args, ValueEnum};

/// For kernel developers: what a lesson shows does not depend on it.
#[derive(Args)]
pub struct Compiled {
    /// The compiler of the kernel and its modules, such as gcc-11 or clang; clang
    /// takes its own linker and tools along
    #[arg(long, value_name = "NAME", default_value = "gcc")]
    cc: Compiler,

    /// How the kernel and its modules are optimised: s is -Os, 2 is -O2
    #[arg(long, value_name = "LEVEL", value_enum, default_value = "s")]
    kernel_opt_level: Level,
}

#[derive(Clone, Copy, ValueEnum)]
enum Level {
    #[value(name = "s")]
    Size,
    #[value(name = "2")]
    Speed,
}

impl Compiled {
    /// Says so in a kernel's options.
    pub fn apply(&self, options: &mut Options) {
        options.compiler = self.cc.clone();
        options.optimize = match self.kernel_opt_level {
            Level::Size => Optimize::Size,
            Level::Speed => Optimize::Speed,
        };
    }
}
