//! `dequeue_signal` (kernel/signal.c) takes from the list of the calling thread, then
//! from that of its process. A signal that was sent to another thread is on neither.

use std::sync::Barrier;
use std::{io, thread};

use marker::{check, scene};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{Signal, raise};
use nix::sys::signalfd::SignalFd;
use nix::unistd::{getpid, read};

use crate::records::{RECORD, SIGRTMIN, check_record, sigqueue, up_to};

pub fn run(signals: &SignalFd) -> io::Result<()> {
    let turn = Barrier::new(2);
    let records = thread::scope(|scope| {
        let thread = scope.spawn(|| {
            scene!("14. a thread sends SIGUSR1 to itself");
            let raised = raise(Signal::SIGUSR1);
            turn.wait();
            // The main thread reads here.
            turn.wait();
            raised.and_then(|()| up_to(8, signals))
        });
        turn.wait();
        let nothing = read(signals, &mut [0; RECORD]);
        let sent = sigqueue(getpid(), SIGRTMIN, 7);
        turn.wait();
        check!("the thread's signal, read by another", nothing, Err(Errno::EAGAIN));
        check!("sigqueue", sent, Ok(()));
        thread.join().expect("the thread does not panic")
    })?;
    check!("records", records.len(), 2);
    check_record(&records[0], libc::SIGUSR1, libc::SI_TKILL, getpid());
    check_record(&records[1], SIGRTMIN, libc::SI_QUEUE, getpid());
    check!("ssi_int", records[1].ssi_int, 7);
    println!("14. a thread's SIGUSR1: EAGAIN for the main thread; the thread reads it,");
    println!("    and the process's signal 34 with it");
    Ok(())
}
