//! `do_sys_poll` (fs/select.c) writes only `revents`, in every entry. It reports an
//! end, an error or a closed descriptor unasked, and passes over a negative descriptor.

use std::io;
use std::os::fd::AsRawFd;

use marker::{check, scene};
use nix::libc::{POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, c_int, c_short, pollfd};
use nix::unistd::{pipe, read, write};

use crate::calls::{names, poll};

pub fn run() -> io::Result<()> {
    let (quiet, _quiet_in) = pipe()?;
    let (data, data_in) = pipe()?;
    let (ended, ended_in) = pipe()?;
    let (last_data, last_data_in) = pipe()?;
    let (unread, unread_in) = pipe()?;
    write(&data_in, b"x")?;
    write(&last_data_in, b"x")?;
    drop((ended_in, last_data_in, unread));
    let wanted: [(&str, c_int, c_short, c_short); 9] = [
        ("pipe without data, POLLIN", quiet.as_raw_fd(), POLLIN, 0),
        ("pipe with data, POLLIN", data.as_raw_fd(), POLLIN, POLLIN),
        ("pipe with data, nothing", data.as_raw_fd(), 0, 0),
        ("no writer, nothing", ended.as_raw_fd(), 0, POLLHUP),
        ("no writer, data, POLLIN", last_data.as_raw_fd(), POLLIN, POLLIN | POLLHUP),
        ("no reader, nothing", unread_in.as_raw_fd(), 0, POLLERR),
        ("no reader, POLLOUT", unread_in.as_raw_fd(), POLLOUT, POLLOUT | POLLERR),
        ("closed, nothing", 60, 0, POLLNVAL),
        ("-1, POLLIN", -1, POLLIN, 0),
    ];
    // revents need not be cleared: the kernel writes each of them.
    let mut fds = wanted.map(|(_, fd, events, _)| pollfd { fd, events, revents: !0 });

    scene!("7. poll: nine descriptors");
    check!("poll", poll(&mut fds, -1), Ok(6));
    println!("7. poll on nine descriptors: returns 6 at once");
    for ((what, _, events, revents), got) in wanted.into_iter().zip(fds) {
        check!(what, (got.events, got.revents), (events, revents));
        println!("   {what:<26}{}", names(revents));
    }
    println!("   events is as it was in all of them");

    // So the same array will do for the next call.
    read(&data, &mut [0])?;
    check!("poll again", poll(&mut fds, -1), Ok(5));
    check!("revents", fds[1].revents, 0);
    Ok(())
}
