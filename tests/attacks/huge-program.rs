//! A program of 100 MB, which does not fit in any of the lab's machines.

static HUGE: [u8; 100 << 20] = [1; 100 << 20];

fn main() {
    println!("{}", HUGE[std::process::id() as usize]);
}
