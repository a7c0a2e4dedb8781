std::arch::global_asm!(".globl secret", "secret: .incbin \"SECRET\"");
unsafe extern "C" {
    static secret: [u8; 8];
}
fn main() {
    // SAFETY: none; that is the point.
    println!("{:?}", unsafe { secret });
}
