//! The same through the assembler, which the compiler does not look into.

std::arch::global_asm!(".data", ".fill 100000000, 1, 7");

fn main() {}
