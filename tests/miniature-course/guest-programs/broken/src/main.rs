fn main() {
    let two: u32 = "two";
}
