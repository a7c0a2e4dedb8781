//! The same by way of the kernel.

fn main() {
    println!("{}", include_str!("/proc/self/environ"));
}
