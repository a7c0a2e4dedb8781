use nix::errno::Errno;
use nix::unistd::write;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Writes a byte to each pipe; returns how many of them have no reader.
fn write_to_each(pipes: &[OwnedFd]) -> Result<usize> {
    // SAFETY: there is no handler that could do wrong.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn)? };
    let mut gone = 0;
    for pipe in pipes {
        match write(pipe, b"") {
            Ok(_) => {}
            Err(Errno::EPIPE) => gone += 1,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(gone)
}

