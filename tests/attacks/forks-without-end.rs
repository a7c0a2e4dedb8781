fn main() {
    loop {
        // SAFETY: this program has one thread.
        let _ = unsafe { nix::unistd::fork() };
    }
}
