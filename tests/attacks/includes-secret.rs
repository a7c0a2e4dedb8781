const SECRET: &str = include_str!("SECRET");
const _: () = panic!("{}", SECRET);
fn main() {
    println!("{SECRET}");
}
