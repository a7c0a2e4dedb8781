use std::io::Write;

fn main() {
    for n in 0.. {
        let mut file = std::fs::File::create(format!("/tmp/{n}")).unwrap();
        file.write_all(&vec![1; 1 << 19]).unwrap();
    }
}
