use marker::scene;

pub fn run() {
    scene!("says hello");
    println!("hello");
}
