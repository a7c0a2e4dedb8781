use marker::mark;

fn main() {
    marker::open_trace();
    mark!("does nothing");
}
