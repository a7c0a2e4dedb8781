//! Has the student's program do transfers, and kills one in the middle.
//!
//! Usage: harness AMOUNT
//!
//! 1. A process stays in the middle of its transfer; another waits.
//! 2. The first is killed.
//! 3. The next comes.
//! 4. Once more: a process is killed in the middle, and nobody waits.

mod accounts;

use std::error::Error;
use std::process::Child;
use std::time::Duration;

use marker::mark;
use student::wait::{system_call, until};

use crate::accounts::Accounts;

/// How long a process may take for a step. It needs a tenth of that.
const PATIENCE: Duration = Duration::from_millis(100);

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    marker::open_trace();
    let amount = std::env::args().nth(1).ok_or("usage: harness AMOUNT")?;
    let mut accounts = Accounts::create(amount.parse()?)?;
    let start = |what: &[&str]| -> Result<Child> {
        let path = [accounts::FILE].into_iter();
        Ok(student::start(path.chain(what.iter().copied()).map(Into::into))?)
    };

    let mut creator = start(&["create"])?;
    end(&mut creator, 1, "the first process")?;
    mark!("1. a process takes the mutex");
    let mut owner = start(&["stop", &amount])?;
    sleep_in(&mut owner, "34")?;
    mark!("1. another wants it");
    let mut waiter = start(&["transfer", &amount])?;
    sleep_in(&mut waiter, "202")?;

    mark!("2. the owner is killed");
    owner.kill()?;
    owner.wait()?;
    accounts.done += i64::from(end(&mut waiter, 2, "the waiter")?);

    mark!("3. the next comes");
    let mut next = start(&["transfer", &amount])?;
    accounts.done += i64::from(end(&mut next, 3, "the next")?);
    accounts.tell(3)?;

    mark!("4. a process takes the mutex, and is killed");
    let mut owner = start(&["stop", &amount])?;
    sleep_in(&mut owner, "34")?;
    owner.kill()?;
    owner.wait()?;
    mark!("4. the next comes");
    let mut next = start(&["transfer", &amount])?;
    accounts.done += i64::from(end(&mut next, 4, "the next")?);
    accounts.tell(4)?;
    Ok(())
}

/// Waits until a process sleeps in the system call of this number: 34 is pause, 202 futex.
fn sleep_in(process: &mut Child, number: &str) -> Result<()> {
    Ok(until(process, PATIENCE, |process| {
        let call = system_call(process)?.unwrap_or_default();
        Ok(call.split(' ').next() == Some(number))
    })?)
}

/// Waits for the end of a process, tells how its work has ended, and returns whether well.
fn end(process: &mut Child, step: u32, who: &str) -> Result<bool> {
    until(process, PATIENCE, |_| Ok(false))?;
    let ended = process.try_wait()?;
    match ended {
        Some(status) if status.success() => mark!("{}. {} has done its work", step, who),
        Some(_) => mark!("{}. {} has failed", step, who),
        None => {
            mark!("{}. {} sleeps on", step, who);
            process.kill()?;
            process.wait()?;
        }
    }
    Ok(ended.is_some_and(|status| status.success()))
}
