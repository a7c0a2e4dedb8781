//! Which sources epoll_wait(2) reports.

use nix::sys::epoll::{Epoll, EpollEvent, EpollTimeout};

/// Waits for at least one.
pub fn wait(epoll: &Epoll) -> nix::Result<Vec<u64>> {
    within(epoll, EpollTimeout::NONE)
}

/// Those that are ready now.
pub fn now(epoll: &Epoll) -> nix::Result<Vec<u64>> {
    within(epoll, EpollTimeout::ZERO)
}

/// In the order of their data.
fn within(epoll: &Epoll, timeout: EpollTimeout) -> nix::Result<Vec<u64>> {
    let mut events = [EpollEvent::empty(); 4];
    let count = epoll.wait(&mut events, timeout)?;
    let mut data: Vec<u64> = events[..count].iter().map(EpollEvent::data).collect();
    data.sort();
    Ok(data)
}
