//! The same through the kernel.

fn main() {
    println!("{}", include_str!("/proc/self/environ"));
}
