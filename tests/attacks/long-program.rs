//! A program of 12 MB: long, but still allowed. It runs, and does nothing of what the
//! task asks.

static LONG: [u8; 12 << 20] = [1; 12 << 20];

fn main() {
    let step = std::hint::black_box(4096);
    let sum: u32 = LONG.iter().step_by(step).map(|&byte| u32::from(byte)).sum();
    println!("{sum}");
}
