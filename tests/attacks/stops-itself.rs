//! Neither runs nor ends.

fn main() {
    nix::sys::signal::raise(nix::sys::signal::Signal::SIGSTOP).unwrap();
}
