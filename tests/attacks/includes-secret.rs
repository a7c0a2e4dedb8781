const TEXT: &str = include_str!("SECRET");
const _: () = panic!("{}", TEXT);
fn main() {
    println!("{TEXT}");
}
