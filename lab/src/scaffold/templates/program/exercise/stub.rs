type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Writes a byte to each pipe; returns how many of them have no reader.
fn write_to_each(_pipes: &[OwnedFd]) -> Result<usize> {
    // TODO: write a byte to each pipe, go on behind those without a reader, and
    // return their number.
    Ok(0)
}

