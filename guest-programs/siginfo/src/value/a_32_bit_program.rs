//! A 32-bit siginfo is laid out differently, so `copy_siginfo_to_external32`
//! (kernel/signal.c) fills it field by field too. The child registers, and becomes a
//! 32-bit program with two signals pending: one to wait for, one for a handler.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;

use marker::{check, scene};
use nix::libc::{SI_KERNEL, SI_QUEUE};
use nix::unistd::{dup2_stdout, fexecve, pipe};
use siginfo::{KERNEL, QUEUE, Target, VALUE, register, unregister};
use steps::{ended_well, start};

use super::receiver32;
use crate::info::name;
use crate::interrupt;

pub fn run(device: &OwnedFd) -> io::Result<()> {
    let mut found = Vec::new();
    for (send, code) in [(QUEUE, SI_QUEUE), (KERNEL, SI_KERNEL)] {
        let (received, output) = pipe()?;
        scene!("4. {}, 32-bit program", name(code));
        let child = start(|| {
            register(device, Target::sent_by(send))?;
            interrupt::now(device)?;
            interrupt::now(device)?;
            dup2_stdout(&output)?;
            fexecve(receiver32::file()?, &[c"receiver32"], &[c""; 0])?;
            Ok(())
        })?;
        drop(output);
        let mut bytes = Vec::new();
        File::from(received).read_to_end(&mut bytes)?;
        ended_well(child)?;
        unregister(device)?;
        // Where a 32-bit siginfo has si_code and si_int, in units of 32 bits.
        let (infos, rest) = bytes.as_chunks::<128>();
        check!("siginfos received", (infos.len(), rest.len()), (2, 0));
        for info in infos {
            let (words, _) = info.as_chunks::<4>();
            check!("si_code", name(i32::from_ne_bytes(words[2])), name(code));
            found.push(i32::from_ne_bytes(words[5]));
        }
    }
    check!("si_int, for SI_QUEUE and SI_KERNEL", &found, &[VALUE, VALUE, 0, 0]);
    println!("4. 32-bit sigwaitinfo   {:>8}   {:>9}", found[0], found[2]);
    println!("   32-bit handler       {:>8}   {:>9}", found[1], found[3]);
    Ok(())
}
