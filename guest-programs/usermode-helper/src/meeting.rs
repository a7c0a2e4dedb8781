//! Where the program meets a helper, which is no child of its.

use std::io::{self, Read};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};

/// Helpers know it, too.
const PLACE: &str = "/tmp/meeting";

/// The program's end.
pub struct Meeting(UnixListener);

impl Meeting {
    pub fn new() -> io::Result<Meeting> {
        UnixListener::bind(PLACE).map(Meeting)
    }

    /// Waits until a helper has come.
    pub fn wait(&self) -> io::Result<Helper> {
        let (helper, _) = self.0.accept()?;
        Ok(Helper(helper))
    }
}

impl Drop for Meeting {
    fn drop(&mut self) {
        // The next meeting fails if it is still there.
        let _ = std::fs::remove_file(PLACE);
    }
}

/// A helper that waits to be let go.
pub struct Helper(UnixStream);

impl Helper {
    /// Lets it go on, and waits for its end.
    pub fn let_go(mut self) -> io::Result<()> {
        self.0.shutdown(Shutdown::Write)?;
        self.0.read_to_end(&mut Vec::new()).map(drop)
    }
}
