//! Creates, deletes and renames files while the student's program watches.
//!
//! Usage: harness FIRST QUEUE
//!
//! Files are named after numbers from FIRST on; the program's queue of events
//! holds QUEUE of them.
//!
//! 0. A file is created while the program starts.
//! 1. One is created while it watches.
//! 2. One is deleted.
//! 3. One gets another name.
//! 4. One is moved elsewhere.
//! 5. More happens than the queue can hold.
//! 6. One is created after that.

mod lists;
mod start;

use std::error::Error;
use std::fs::{self, File};

use marker::mark;
use student::stop::{go_on, stop};

use lists::Lists;
use start::{release, run_to_watch, start};

/// The folder that is watched, and another.
const WATCHED: &str = "/tmp/watched";
const ELSEWHERE: &str = "/tmp/elsewhere";

/// How many events a queue holds; looked at when it is made.
const QUEUE: &str = "/proc/sys/fs/inotify/max_queued_events";

fn main() -> Result<(), Box<dyn Error>> {
    marker::open_trace();
    let mut numbers = std::env::args().skip(1).map(|argument| argument.parse::<u32>());
    let (Some(Ok(first)), Some(Ok(queue))) = (numbers.next(), numbers.next()) else {
        return Err("usage: harness FIRST QUEUE".into());
    };
    let file = |number: u32| format!("{WATCHED}/{}", first + number);
    fs::create_dir(WATCHED)?;
    fs::create_dir(ELSEWHERE)?;
    fs::write(QUEUE, queue.to_string())?;
    for number in 0..4 {
        File::create(file(number))?;
    }

    let mut program = start()?;
    let mut lists = Lists::of(&mut program)?;
    run_to_watch(&program)?;
    mark!("0. a file is created while it starts");
    File::create(file(4))?;
    release(&program)?;
    mark!("0. {}", lists.verdict()?);
    // Whoever has missed it is right again.
    fs::remove_file(file(4))?;
    lists.verdict()?;

    mark!("1. a file is created");
    File::create(file(5))?;
    mark!("1. {}", lists.verdict()?);

    mark!("2. a file is deleted");
    fs::remove_file(file(0))?;
    mark!("2. {}", lists.verdict()?);

    mark!("3. a file gets another name");
    fs::rename(file(1), file(6))?;
    mark!("3. {}", lists.verdict()?);

    mark!("4. a file is moved elsewhere");
    fs::rename(file(5), format!("{ELSEWHERE}/{first}"))?;
    mark!("4. {}", lists.verdict()?);

    // While it is stopped, it reads nothing.
    mark!("5. more happens than the queue can hold");
    stop(&program)?;
    for number in 10..10 + queue {
        File::create(file(number))?;
    }
    // Now the queue is full.
    for number in [2, 3, 10] {
        fs::remove_file(file(number))?;
    }
    for number in 50..53 {
        File::create(file(number))?;
    }
    go_on(&program)?;
    mark!("5. {}", lists.verdict()?);

    mark!("6. a file is created");
    File::create(file(7))?;
    lists.verdict()?;
    let is_there = lists.last.contains(&(first + 7).to_string());
    mark!("6. its list {} the new file", if is_there { "has" } else { "lacks" });

    program.kill()?;
    student::wait(&mut program)?;
    Ok(())
}
