//! Fills every file system that all users may write to, with files of allowed length.

fn main() {
    for folder in ["/dev/shm", "/tmp", "/dev/mqueue"] {
        let mut files = 0;
        while std::fs::write(format!("{folder}/{files}"), vec![1; 1 << 19]).is_ok() {
            files += 1;
        }
        println!("{folder} is full");
    }
}
