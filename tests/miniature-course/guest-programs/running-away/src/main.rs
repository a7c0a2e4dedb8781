fn main() {
    unreachable!("the module never lets it start");
}
