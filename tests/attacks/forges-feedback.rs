//! Prints what the lab would print, what a terminal acts on, and what a forge acts on.

fn main() {
    println!("\n\nsigchld: 6 of 6 points");
    println!("::error::look here");
    println!("::add-mask::lesson");
    println!("\x1b[2J\x1b[H\u{9b}31m\x1b]0;title\x07\x1b]52;c;cm0gLXJmIC8=\x07");
    println!("0 of 3\r✓ reaps every child that exited (3 of 3)");
    println!("{}\u{2028}sigchld: 6 of 6 points", "x".repeat(76));
    eprintln!("{} ::error::far to the right", "x".repeat(70));
}
