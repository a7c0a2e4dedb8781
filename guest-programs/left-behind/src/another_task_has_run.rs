//! The other disturbance: another task has run. That is what the section is for. Data of one
//! processor needs no lock and no atomic instruction if whoever changes it is alone there
//! until the last instruction, and begins again otherwise. No signal is sent, and the program
//! makes no call.

use marker::{check, mark, scene};
use steps::run_second;

use crate::metronome::beside;
use crate::rseq::{Rseq, SIGNATURE};
use crate::{section, sharer};

pub fn run() -> nix::Result<()> {
    static RSEQ: Rseq = Rseq::new();
    scene!("16. a task stays in a critical section; another runs in between");
    beside(|| {
        sharer::run(|| {
            run_second()?;
            RSEQ.call(0, SIGNATURE)?;
            section::stay(&RSEQ);
            mark!("16. goes on where it asked for");
            check!("it is forgotten", section::is_left(&RSEQ), true);
            Ok(())
        })
    })?;
    println!("16. the same without a signal, when another task has run");
    Ok(())
}
