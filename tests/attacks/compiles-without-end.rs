static HUGE: [u8; 1 << 33] = [1; 1 << 33];
fn main() {
    println!("{}", HUGE[std::process::id() as usize]);
}
