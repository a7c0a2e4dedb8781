#[path = "SECRET"]
mod secret;
fn main() {}
