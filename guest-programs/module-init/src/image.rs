//! The module as bytes: one that differs in a word, and what the kernel says of it.

use std::{fs, io};

use module_init::{KernelLog, MODULE_FILE};

/// The module's image with one string in the place of another, wherever it
/// stands: a name may be in the debug information as well.
pub fn changed(from: &[u8], to: &[u8]) -> io::Result<Vec<u8>> {
    let mut image = fs::read(MODULE_FILE)?;
    let at: Vec<usize> = image
        .windows(from.len())
        .enumerate()
        .filter_map(|(at, window)| (window == from).then_some(at))
        .collect();
    if at.is_empty() {
        return Err(io::ErrorKind::NotFound.into());
    }
    for at in at {
        image[at..at + to.len()].copy_from_slice(to);
    }
    Ok(image)
}

/// The symbols that the log says the module lacks.
pub fn unknown_symbols(log: &mut KernelLog) -> io::Result<Vec<String>> {
    let messages = log.take()?;
    let symbols = messages.iter().filter_map(|message| {
        let symbol = message.strip_prefix("lab_module_init: Unknown symbol ")?;
        symbol.strip_suffix(" (err -2)").map(str::to_owned)
    });
    Ok(symbols.collect())
}
