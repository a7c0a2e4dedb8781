//! Options for compiling the guest's kernel.

use builder::kernel::{Compiler, Optimize, Options};
use clap::{Args, ValueEnum};

/// For kernel developers: lessons show the same with every choice.
#[derive(Args)]
pub struct Compiled {
    /// The compiler for the kernel and its modules, such as gcc-11 or clang; clang uses
    /// its own linker and tools
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
    /// Adds these choices to a kernel's options.
    pub fn apply(&self, options: &mut Options) {
        options.compiler = self.cc.clone();
        options.optimize = match self.kernel_opt_level {
            Level::Size => Optimize::Size,
            Level::Speed => Optimize::Speed,
        };
    }
}
