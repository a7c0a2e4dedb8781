fn main() {
    panic!("before any work");
}
