//! A program of 100 MB, which no machine of the lab's has room for.

static HUGE: [u8; 100 << 20] = [1; 100 << 20];

fn main() {
    println!("{}", HUGE[std::process::id() as usize]);
}
