use marker::mark;

fn main() {
    marker::open_trace();
    println!("about to sleep");
    mark!("sleeps for ever");
    loop {
        std::thread::park();
    }
}
