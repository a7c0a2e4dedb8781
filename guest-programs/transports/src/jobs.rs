//! What the exercise's program has besides its jobs: how a job gets its orders, and who
//! hears of a loss.

use std::error::Error;
use std::io::{self, Read, stdin};
use std::os::fd::OwnedFd;

use crate::open_device;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A job, which is given the device.
pub type Job = fn(&OwnedFd) -> Result<()>;

/// What somebody hears of a loss.
#[derive(Debug, Clone, Copy)]
pub enum Hears {
    Nothing,
    /// That something is lost.
    That,
    /// And how many interrupts that are.
    HowMuch,
}

/// When more interrupts come than a transport can carry, and nobody reads.
#[derive(Debug, Clone, Copy)]
pub struct Overrun {
    /// What the sending returns to the driver: nothing, or that it failed.
    pub sender: Hears,
    /// What the reader finds when it comes to look.
    pub reader: Hears,
}

/// Says that the transport is chosen, and waits until there is work.
pub fn ready() -> io::Result<()> {
    println!("ready");
    wait_for(b'g')
}

/// Does the jobs one after the other, and says of each what an overrun does.
pub fn work(jobs: [(&str, Job, Overrun); 3]) -> Result<()> {
    for (name, job, overrun) in jobs {
        let device = open_device()?;
        // A job that fails leaves the others their chance.
        if let Err(error) = job(&device) {
            eprintln!("{name}: {error}");
        }
        let word = |hears| match hears {
            Hears::Nothing => "nothing",
            Hears::That => "that",
            Hears::HowMuch => "how much",
        };
        let (sender, reader) = (word(overrun.sender), word(overrun.reader));
        println!("{name} overrun: sender {sender}, reader {reader}");
        wait_for(b'n')?;
    }
    Ok(())
}

fn wait_for(word: u8) -> io::Result<()> {
    let mut byte = [0];
    while byte[0] != word {
        stdin().read_exact(&mut byte)?;
    }
    Ok(())
}
