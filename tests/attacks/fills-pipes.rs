//! Fills kernel memory: the data in pipes belongs to no process.

use std::io::{Read, Write, pipe};

fn main() {
    let mut pipes = Vec::new();
    while let Ok((reader, mut writer)) = pipe() {
        let _ = writer.write_all(&[1; 64 << 10]);
        pipes.push((reader, writer));
    }
    println!("{} pipes are full", pipes.len());
    let full = pipes.len();
    // And the same in another process.
    // SAFETY: the child calls nothing that another thread could have locked.
    if let Ok(nix::unistd::ForkResult::Parent { child }) = unsafe { nix::unistd::fork() } {
        let ended = nix::sys::wait::waitpid(child, None);
        println!("the other: {ended:?}");
        return;
    }
    pipes.clear();
    while let Ok((reader, mut writer)) = pipe() {
        let _ = writer.write_all(&[1; 64 << 10]);
        pipes.push((reader, writer));
        if pipes.len() > full {
            break;
        }
    }
    let mut byte = [0];
    let _ = pipes[0].0.read(&mut byte);
}
