//! How does a driver say no?
//!
//! This program has `kmods/errno` refuse in every way that there is, and looks
//! at each refusal in three places: what the driver returns, what the system
//! call returns, and what libc makes of it. The first two are in the timeline.
//!
//! Documented in errno(3), ioctl(2), read(2), delete_module(2) and syscall(2).

mod no_such_request;
mod no_such_address;
mod no_such_value;
mod not_now;
mod as_much_as_there_is;
mod somebody_else_says_no;
mod somebody_else_has_it;
mod what_becomes_of_a_value;
mod errno_is_libcs;
mod orders_to_the_way_out;
mod the_module_is_in_use;

mod device;
mod answer;

use std::io;

use nix::fcntl::OFlag;

use crate::device::open_device;

fn main() -> io::Result<()> {
    marker::open_trace();
    let device = open_device(OFlag::O_RDWR)?;

    // ENOTTY: no such request.
    no_such_request::run(&device)?;
    // EFAULT: no such address.
    no_such_address::run(&device)?;
    // EINVAL: no such value.
    no_such_value::run(&device)?;
    // EAGAIN: not now.
    not_now::run(&device)?;
    // A part is a result, and no error.
    as_much_as_there_is::run(&device)?;
    // EBADF and its like never reach the driver.
    somebody_else_says_no::run(&device)?;
    // EBUSY: another file has the device.
    somebody_else_has_it::run(&device)?;
    // What libc makes of each value that a driver returns.
    what_becomes_of_a_value::run(&device)?;
    // errno is libc's, and the kernel does not know it.
    errno_is_libcs::run(&device)?;
    // Four values restart the call or become EINTR.
    orders_to_the_way_out::run(&device)?;
    drop(device);
    // EWOULDBLOCK: a module that is in use stays.
    the_module_is_in_use::run()?;
    Ok(())
}
