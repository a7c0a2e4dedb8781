use marker::{check, mark};

fn main() {
    marker::open_trace();
    mark!("says hello");
    check!("two and two", 2 + 2, 4);
    println!("hello");
    eprintln!("hello, stderr");
}
