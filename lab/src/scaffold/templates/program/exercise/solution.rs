use nix::errno::Errno;
use nix::unistd::write;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Writes a byte to each pipe; returns how many of them have no reader.
fn write_to_each(pipes: &[OwnedFd]) -> Result<usize> {
    // What is to be known is in write's error. The signal says the same, but to
    // a program that does not look at errors: it ends it. Ignored, it is
    // dropped, and the error is all that comes.
    // SAFETY: there is no handler that could do wrong.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn)? };
    let mut gone = 0;
    for pipe in pipes {
        match write(pipe, b"x") {
            Ok(_) => {}
            Err(Errno::EPIPE) => gone += 1,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(gone)
}

