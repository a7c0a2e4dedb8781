//! When the time is over, `do_select` (fs/select.c) has found nothing ready, and no
//! time is left. That is what select writes. Called again with the same variables, it
//! watches nothing.

use std::io;

use marker::{check, mark, scene};
use nix::unistd::{pipe, write};

use crate::calls::select;
use crate::sets::{self, members, nfds};
use crate::times::{ONE_MS, micros};

pub fn run() -> io::Result<()> {
    let (a, a_in) = pipe()?;
    let (mut reads, mut left) = (sets::of(&[&a]), ONE_MS);

    scene!("2. select: times out");
    let ready = select(nfds(&[&a]), Some(&mut reads), None, None, Some(&mut left));
    check!("select", ready, Ok(0));
    check!("reads", members(&reads), vec![]);
    check!("time left, us", micros(&left), 0);
    println!("2. timeout of 1 ms: returns 0, reads {{a}} becomes {{}}, time 0");

    mark!("3. the same variables again, with data");
    write(&a_in, b"x")?;
    let ready = select(nfds(&[&a]), Some(&mut reads), None, None, Some(&mut left));
    check!("select, second turn", ready, Ok(0));
    println!("3. same variables again, with data in a: returns 0 at once");

    let (mut reads, mut left) = (sets::of(&[&a]), ONE_MS);
    let ready = select(nfds(&[&a]), Some(&mut reads), None, None, Some(&mut left));
    check!("select, filled anew", ready, Ok(1));
    println!("   filled anew: returns 1");
    Ok(())
}
