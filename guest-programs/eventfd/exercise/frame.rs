//! Waits for several sources at a time, and prints what came from which.
//!
//! Usage: main NAME=DESCRIPTOR...
//!
//! Each descriptor is an eventfd, to which a driver adds 1 with every interrupt.
//! Whenever one of them has a count, the program takes it and prints the name
//! and the count: `0x2 3`. It ends when its standard input, a pipe, is closed
//! at the other end.

use std::io::stdin;
use std::os::fd::{FromRawFd, OwnedFd};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::unistd::read;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// An eventfd and its name.
struct Source {
    name: String,
    eventfd: OwnedFd,
}

impl Source {
    // region: attribute
    // endregion
    /// Takes the count, which is 0 afterwards. Waits while it is 0.
    fn take(&self) -> Result<u64> {
        let mut count = [0; 8];
        read(&self.eventfd, &mut count)?;
        Ok(u64::from_ne_bytes(count))
    }
}

/// The data of standard input's events; a source's data is its index.
const STDIN: u64 = u64::MAX;

/// Prints the count of each source that has one, until standard input is closed.
fn serve(sources: &[Source]) -> Result<()> {
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
    // region: serve
    // epoll_wait gives the data back. Only the data says whose event it is; the
    // event's place in the list says nothing.
    for (source, index) in sources.iter().zip(0..) {
        // region: add
        epoll.add(&source.eventfd, EpollEvent::new(EpollFlags::EPOLLIN, index))?;
        // endregion
    }
    epoll.add(stdin(), EpollEvent::new(EpollFlags::EPOLLIN, STDIN))?;

    let mut events = [EpollEvent::empty(); 8];
    loop {
        let ready = epoll.wait(&mut events, EpollTimeout::NONE)?;
        // Several sources may be ready. Read only those: a read of an eventfd
        // without a count would wait, and the whole loop with it.
        // region: each
        for event in &events[..ready] {
            // endregion
            if event.data() == STDIN {
                // Nothing is ever written there, so this is EPOLLHUP, which comes
                // unasked, and without EPOLLIN.
                // region: stdin
                return Ok(());
                // endregion
            }
            // region: source
            let source = &sources[event.data() as usize];
            // endregion
            // Until it is read, a source stays ready, and epoll_wait returns at
            // once. One event may stand for any number of interrupts: the count
            // says how many.
            // region: tell
            println!("{} {}", source.name, source.take()?);
            // endregion
        }
    }
    // endregion
}

fn main() -> Result<()> {
    let mut sources = Vec::new();
    for argument in std::env::args().skip(1) {
        let (name, fd) = argument.split_once('=').ok_or("usage: main NAME=DESCRIPTOR...")?;
        // SAFETY: this program was started with these descriptors, and nothing else
        // here knows them.
        let eventfd = unsafe { OwnedFd::from_raw_fd(fd.parse()?) };
        sources.push(Source { name: name.to_owned(), eventfd });
    }
    serve(&sources)
}
