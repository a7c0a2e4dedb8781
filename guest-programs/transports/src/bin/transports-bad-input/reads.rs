//! Reads of the queue.

use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::{io, ptr};

use bad_input::{NOWHERE, half_in_memory};
use marker::{check, mark};
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::read;
use transports::{Choice, QUEUE, RECORDS, Record, open_device};

use crate::calls::{choose_by, raise_count};

pub fn bad_reads() -> io::Result<()> {
    mark!("bad reads");
    let device = open_device()?;
    choose_by(&device, Choice { transport: QUEUE, ..Choice::default() })?;
    check!("nothing there", read(&device, &mut [0; 64]), Err(Errno::EAGAIN));
    check!("nothing to poll", readable(&device)?, false);
    check!("no room", read(&device, &mut []), Err(Errno::EINVAL));
    check!("too little room", read(&device, &mut [0; Record::SIZE - 1]), Err(Errno::EINVAL));
    raise_count(&device, 3)?;
    check!("something to poll", readable(&device)?, true);
    let mut bytes = [0; 2 * Record::SIZE + 1];
    check!("whole records only", read(&device, &mut bytes), Ok(2 * Record::SIZE));
    // The module is not asked when the address is the kernel's, and the record stays.
    let [page_0, of_the_kernel] = NOWHERE;
    check!("read to the kernel's half", read_to(&device, of_the_kernel, 16), Err(Errno::EFAULT));
    check!("the third record", read(&device, &mut bytes), Ok(Record::SIZE));
    check!("its number", Record::from_bytes(&bytes[..Record::SIZE]).number, 3);
    // A record that it has taken and cannot hand over is gone.
    raise_count(&device, 1)?;
    check!("read to page 0", read_to(&device, page_0, 16), Err(Errno::EFAULT));
    check!("the fourth record", read(&device, &mut bytes), Err(Errno::EAGAIN));
    // What it handed over before is not.
    raise_count(&device, 3)?;
    let half = half_in_memory::<[u8; 2 * Record::SIZE]>()?;
    check!("room for one", read_to(&device, half.addr(), 2 * Record::SIZE), Ok(Record::SIZE));
    check!("the seventh record", read(&device, &mut bytes), Ok(Record::SIZE));
    check!("its number", Record::from_bytes(&bytes[..Record::SIZE]).number, 7);

    // The loss comes where it happened: before the next record, or at the end.
    choose_by(&device, Choice { transport: QUEUE, ..Choice::default() })?;
    raise_count(&device, RECORDS as u32 + 7)?;
    let mut all = vec![0; RECORDS * Record::SIZE];
    check!("a queue full", read(&device, &mut all), Ok(RECORDS * Record::SIZE));
    raise_count(&device, 1)?;
    let mut one = [0; Record::SIZE];
    read(&device, &mut one)?;
    let want = Record { number: RECORDS as u32 + 8, payload: 1, lost: 7 };
    check!("the record behind the gap", Record::from_bytes(&one), want);
    raise_count(&device, RECORDS as u32 + 2)?;
    read(&device, &mut all)?;
    check!("a loss can be polled for", readable(&device)?, true);
    read(&device, &mut one)?;
    check!(
        "the loss at the end",
        Record::from_bytes(&one),
        Record { lost: 2, ..Record::default() }
    );
    check!("nothing after it", read(&device, &mut one), Err(Errno::EAGAIN));
    Ok(())
}

/// read(2) to an address at which there may be nothing.
fn read_to(device: &OwnedFd, address: usize, size: usize) -> nix::Result<usize> {
    let to = ptr::without_provenance_mut(address);
    // SAFETY: the kernel writes to memory that nothing else uses, or finds out that
    // there is none.
    let result = unsafe { libc::read(device.as_raw_fd(), to, size) };
    Errno::result(result).map(|size| size as usize)
}

fn readable(device: &OwnedFd) -> nix::Result<bool> {
    let mut fds = [PollFd::new(device.as_fd(), PollFlags::POLLIN)];
    Ok(poll(&mut fds, PollTimeout::ZERO)? == 1)
}
