//! The same by the assembler, which the compiler does not see through.

std::arch::global_asm!(".data", ".fill 100000000, 1, 7");

fn main() {}
