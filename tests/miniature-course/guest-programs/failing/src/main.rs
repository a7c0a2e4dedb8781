use marker::{check, mark};

fn main() {
    marker::open_trace();
    mark!("adds");
    check!("two and two", 2 + 2, 5);
}
