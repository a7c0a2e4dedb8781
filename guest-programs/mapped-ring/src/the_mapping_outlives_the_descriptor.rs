//! A mapping holds the open file (`vm_file` of its `struct vm_area_struct`), and so the
//! page and the module. `.release` frees the page when the last of both is gone.

use std::io;

use mapped_ring::{MODULE, MODULE_FILE, Ring, open_device, raise};
use marker::{check, mark, scene};
use nix::errno::Errno;
use steps::{load, remove};

pub fn run() -> io::Result<()> {
    let (device, other) = (open_device()?, open_device()?);
    let ring = Ring::map(&device)?;
    scene!("9. the descriptor is closed: the interrupt still writes");
    drop(device);
    raise(&other, 0x1)?;
    check!("records", &ring.drain(), &[1]);
    drop(other);
    mark!("9. no descriptor is open: the module stays");
    check!("removal", remove(MODULE), Err(Errno::EWOULDBLOCK));
    drop(ring);
    mark!("9. not mapped any more: the module goes");
    remove(MODULE)?;
    load(MODULE_FILE, c"msi=1")?;
    println!("9. closed, but mapped: records come, and the module cannot be removed");
    Ok(())
}
