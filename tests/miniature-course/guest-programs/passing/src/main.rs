mod says_hello;

use marker::check;

fn main() {
    marker::open_trace();
    says_hello::run();
    check!("two and two", 2 + 2, 4);
    eprintln!("hello, stderr");
}
