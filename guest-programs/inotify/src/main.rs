//! What does a read on an inotify descriptor carry?
//!
//! A watcher reads what others did to its files: records of `struct
//! inotify_event`, with a name behind them. Run it in the lab and read the
//! timeline beside the output: each record is written by the task that *acts*,
//! inside its own system call, in the kernel's `inotify_handle_inode_event`
//! (fs/notify/inotify/inotify_fsnotify.c). The watcher only fetches it.
//!
//! Documented in inotify(7), inotify_init(2), inotify_add_watch(2) and
//! inotify_rm_watch(2).

use std::fs;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use marker::{check, mark};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc::{self, c_int};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::sys::prctl;
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, close, fork, mkdir, read, unlink, write};
use steps::run_first;

/// Two directories: the lesson watches the first.
const WATCHED: &str = "watched";
const ELSEWHERE: &str = "elsewhere";

/// How many events a queue holds in step 9.
const QUEUE: &str = "/proc/sys/fs/inotify/max_queued_events";

/// Size of `struct inotify_event` without its name, bytes.
const HEADER: usize = size_of::<libc::inotify_event>();

nix::ioctl_read_bad! {
    /// How many bytes a read would return.
    fionread, libc::FIONREAD, c_int
}

/// One record, as the kernel copies it: four numbers and a padded name.
#[derive(Debug)]
struct Event {
    wd: i32,
    mask: AddWatchFlags,
    cookie: u32,
    len: u32,
    name: String,
}

fn main() -> nix::Result<()> {
    marker::open_trace();
    // What the C library reads before `main` is not traced: it is its own.
    prctl::set_name(c"watcher")?;
    // Every child acts while the watcher sleeps.
    run_first()?;
    for directory in [WATCHED, ELSEWHERE] {
        mkdir(directory, Mode::from_bits_retain(0o755))?;
    }

    a_child_creates_a_file()?;
    a_child_renames_it()?;
    half_a_rename()?;
    names_are_padded()?;
    whole_records_or_none()?;
    only_the_tail_merges()?;
    three_ways_to_be_ignored()?;
    unlinked_while_open()?;
    the_queue_overflows()?;
    an_overflow_hides_more()?;
    what_is_not_told()
}

/// The record is written by the actor, while the watcher sleeps in its read.
/// Who the actor is, the record does not say.
fn a_child_creates_a_file() -> nix::Result<()> {
    let (inotify, wd) = watch(WATCHED, AddWatchFlags::IN_CREATE)?;
    mark!("1. read sleeps; a child creates a file");
    let child = start(|| create("watched/a"))?;
    let events = read_events(&inotify, 4096)?;
    mark!("1. the watcher has it");
    check!("events", events.len(), 1);
    check_event(&events[0], wd, AddWatchFlags::IN_CREATE, 16, "a");
    check!("cookie", events[0].cookie, 0);
    reap(child)?;
    println!("1. a child creates a file, read returns {HEADER} + 16 bytes:");
    println!("   wd {wd}, IN_CREATE, cookie 0, len 16, name \"a\"");
    Ok(())
}

/// A rename is two records with one cookie. Only the first finds the watcher
/// asleep. The two need not lie next to each other, nor come by one read.
fn a_child_renames_it() -> nix::Result<()> {
    let (inotify, wd) = watch(WATCHED, AddWatchFlags::IN_MOVE)?;
    mark!("2. poll sleeps; a child renames the file");
    let child = start(|| fs_result(fs::rename("watched/a", "watched/b")))?;
    let mut fds = [PollFd::new(inotify.as_fd(), PollFlags::POLLIN)];
    check!("poll", poll(&mut fds, PollTimeout::NONE)?, 1);
    check!("revents", fds[0].revents(), Some(PollFlags::POLLIN));
    reap(child)?;
    mark!("2. the watcher has both halves");
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 2);
    check_event(&events[0], wd, AddWatchFlags::IN_MOVED_FROM, 16, "a");
    check_event(&events[1], wd, AddWatchFlags::IN_MOVED_TO, 16, "b");
    check!("cookie is 0", events[0].cookie == 0, false);
    check!("cookie of the other half", events[1].cookie, events[0].cookie);
    println!("2. a child renames it: IN_MOVED_FROM \"a\", IN_MOVED_TO \"b\",");
    println!("   both with the same cookie, which is not 0");

    let first = events[0].cookie;
    fs_result(fs::rename("watched/b", "watched/a"))?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 2);
    check!("cookie of the other half", events[1].cookie, events[0].cookie);
    check!("cookie of the next rename is the first's", events[0].cookie == first, false);
    println!("   the next rename has another cookie");
    Ok(())
}

/// Of a rename across the border of what is watched, one half is told.
fn half_a_rename() -> nix::Result<()> {
    mark!("3. renames across the border");
    let (inotify, wd) = watch(WATCHED, AddWatchFlags::IN_MOVE)?;
    fs_result(fs::rename("watched/a", "elsewhere/a"))?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    check_event(&events[0], wd, AddWatchFlags::IN_MOVED_FROM, 16, "a");
    check!("cookie is 0", events[0].cookie == 0, false);

    fs_result(fs::rename("elsewhere/a", "watched/a"))?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    check_event(&events[0], wd, AddWatchFlags::IN_MOVED_TO, 16, "a");
    check!("cookie is 0", events[0].cookie == 0, false);
    println!("3. moved out: IN_MOVED_FROM alone; moved in: IN_MOVED_TO alone");
    println!("   each with a cookie, and nothing that shares it");
    unlink("watched/a")
}

/// The name ends with at least one NUL and is padded to a multiple of 16; it
/// is there for a file in a watched directory, not for what is watched itself.
fn names_are_padded() -> nix::Result<()> {
    mark!("4. names of 15 and of 16 bytes, and none");
    let (inotify, wd) = watch(WATCHED, AddWatchFlags::IN_CREATE)?;
    create("watched/fifteen-bytes-x")?;
    create("watched/sixteen-bytes-xx")?;
    check!("FIONREAD", queued(&inotify)?, 32 + 48);
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 2);
    check_event(&events[0], wd, AddWatchFlags::IN_CREATE, 16, "fifteen-bytes-x");
    check_event(&events[1], wd, AddWatchFlags::IN_CREATE, 32, "sixteen-bytes-xx");
    println!("4. a name of 15 bytes: len 16; one of 16 bytes: len 32");

    // Watching the file instead of its directory.
    let (inotify, wd) = watch("watched/fifteen-bytes-x", AddWatchFlags::IN_OPEN)?;
    close(open("watched/fifteen-bytes-x", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?)?;
    check!("FIONREAD", queued(&inotify)?, HEADER);
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    check_event(&events[0], wd, AddWatchFlags::IN_OPEN, 0, "");
    println!("   a watched file itself: len 0, no name");
    unlink("watched/fifteen-bytes-x")?;
    unlink("watched/sixteen-bytes-xx")
}

/// The deliberate failure: a buffer that the next record does not fit into.
/// Nothing is lost by it.
fn whole_records_or_none() -> nix::Result<()> {
    mark!("5. buffers that are too small");
    let (inotify, _) = watch(WATCHED, AddWatchFlags::IN_CREATE)?;
    create("watched/a")?;
    create("watched/b")?;
    check!("FIONREAD", queued(&inotify)?, 64);
    let error = read_events(&inotify, HEADER).expect_err("the name does not fit");
    check!("read of 16 bytes", error, Errno::EINVAL);
    check!("FIONREAD", queued(&inotify)?, 64);
    // The second record is not cut: it waits for the next read.
    let events = read_events(&inotify, 63)?;
    check!("events", events.len(), 1);
    check!("FIONREAD", queued(&inotify)?, 32);
    println!("5. 64 bytes are queued (FIONREAD);");
    println!("   a read of 16 bytes fails: {error}");
    println!("   a read of 63 bytes returns 32: whole records only");
    unlink("watched/a")?;
    unlink("watched/b")
}

/// An event like the last one in the queue is dropped; one like an earlier
/// one is not. So neither their number nor their times can be relied on.
fn only_the_tail_merges() -> nix::Result<()> {
    mark!("6. writes to a, a; to a, b, a");
    create("watched/a")?;
    create("watched/b")?;
    let append = |path| open(path, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty());
    let (a, b) = (append("watched/a")?, append("watched/b")?);
    let (inotify, wd) = watch(WATCHED, AddWatchFlags::IN_MODIFY)?;

    write_a_byte(&a)?;
    write_a_byte(&a)?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    check_event(&events[0], wd, AddWatchFlags::IN_MODIFY, 16, "a");

    write_a_byte(&a)?;
    write_a_byte(&b)?;
    write_a_byte(&a)?;
    let events = read_events(&inotify, 4096)?;
    let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    check!("names", names, ["a", "b", "a"]);
    println!("6. two writes to a: 1 IN_MODIFY; writes to a, b, a: 3");
    unlink("watched/a")?;
    unlink("watched/b")
}

/// IN_IGNORED: the last that is heard of a watch, however it ended. No mask
/// asks for it.
fn three_ways_to_be_ignored() -> nix::Result<()> {
    mark!("7. three watches end");
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC)?;

    // Taken away.
    let first = inotify.add_watch(WATCHED, AddWatchFlags::IN_CREATE)?;
    check!("wd", first.as_raw(), 1);
    inotify.rm_watch(first)?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    check_event(&events[0], 1, AddWatchFlags::IN_IGNORED, 0, "");
    check!("rm_watch again", inotify.rm_watch(first), Err(Errno::EINVAL));
    println!("7. rm_watch: IN_IGNORED; again: EINVAL");

    // Good for one event. Its number is a new one, although 1 is free.
    let oneshot = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_ONESHOT;
    let second = inotify.add_watch(WATCHED, oneshot)?;
    check!("wd", second.as_raw(), 2);
    create("watched/a")?;
    create("watched/b")?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 2);
    check_event(&events[0], 2, AddWatchFlags::IN_CREATE, 16, "a");
    check_event(&events[1], 2, AddWatchFlags::IN_IGNORED, 0, "");
    println!("   IN_ONESHOT: IN_CREATE \"a\", IN_IGNORED; nothing of \"b\"");

    // Its file is gone.
    let third = inotify.add_watch("watched/a", AddWatchFlags::IN_DELETE_SELF)?;
    check!("wd", third.as_raw(), 3);
    unlink("watched/a")?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 2);
    check_event(&events[0], 3, AddWatchFlags::IN_DELETE_SELF, 0, "");
    check_event(&events[1], 3, AddWatchFlags::IN_IGNORED, 0, "");
    println!("   deleted: IN_DELETE_SELF, IN_IGNORED; the wds were 1, 2, 3");
    unlink("watched/b")
}

/// A name goes when it is unlinked, a file when nobody has it open any more.
/// Here the last to have it open is a child, and it acts by dying.
fn unlinked_while_open() -> nix::Result<()> {
    create("watched/a")?;
    let file = open("watched/a", OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    let asked =
        AddWatchFlags::IN_ATTRIB | AddWatchFlags::IN_DELETE_SELF | AddWatchFlags::IN_CLOSE_WRITE;
    let (inotify, wd) = watch("watched/a", asked)?;

    mark!("8. unlink of an open file");
    unlink("watched/a")?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    check_event(&events[0], wd, AddWatchFlags::IN_ATTRIB, 0, "");

    // Now a child has it open as well, and does nothing but exit.
    let child = start(|| Ok(()))?;
    close(file)?;
    check!("FIONREAD after this process's close", queued(&inotify)?, 0);
    mark!("8. read sleeps; the child exits");
    let mut events = Vec::new();
    while events.len() < 3 {
        events.extend(read_events(&inotify, 4096)?);
    }
    mark!("8. the file is gone");
    check!("events", events.len(), 3);
    check_event(&events[0], wd, AddWatchFlags::IN_CLOSE_WRITE, 0, "");
    check_event(&events[1], wd, AddWatchFlags::IN_DELETE_SELF, 0, "");
    check_event(&events[2], wd, AddWatchFlags::IN_IGNORED, 0, "");
    reap(child)?;
    println!("8. unlink of an open file: IN_ATTRIB at once; at the last close");
    println!("   IN_CLOSE_WRITE, IN_DELETE_SELF, IN_IGNORED");
    Ok(())
}

/// A full queue takes one more record, which says so; what comes then is lost.
/// The only cure is to look again at everything.
fn the_queue_overflows() -> nix::Result<()> {
    mark!("9. ten events for a queue of four");
    let inotify = with_a_queue_of_four()?;
    let wd = inotify.add_watch(WATCHED, AddWatchFlags::IN_CREATE)?.as_raw();
    for name in '0'..='9' {
        create(&format!("{WATCHED}/{name}"))?;
    }
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 5);
    for (event, name) in events.iter().zip(["0", "1", "2", "3"]) {
        check_event(event, wd, AddWatchFlags::IN_CREATE, 16, name);
    }
    check_event(&events[4], -1, AddWatchFlags::IN_Q_OVERFLOW, 0, "");
    check!("cookie", events[4].cookie, 0);
    println!("9. ten files, a queue of 4: four IN_CREATE, then");
    println!("   wd -1, IN_Q_OVERFLOW, len 0; six events are lost");

    // Heard of four, there are ten.
    let files = fs_result(fs::read_dir(WATCHED))?.count();
    check!("files", files, 10);
    // A queue that was read is a queue like any other.
    unlink("watched/0")?;
    create("watched/0")?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    check_event(&events[0], wd, AddWatchFlags::IN_CREATE, 16, "0");
    println!("   reading the directory finds all 10");
    for name in '0'..='9' {
        unlink(format!("{WATCHED}/{name}").as_str())?;
    }
    Ok(())
}

/// Whether the queue is full is looked at first: an event that would have
/// merged overflows, and the end of a watch goes unheard.
fn an_overflow_hides_more() -> nix::Result<()> {
    mark!("10. full: no merging, no IN_IGNORED");
    let inotify = with_a_queue_of_four()?;
    let wd = inotify.add_watch(WATCHED, AddWatchFlags::IN_MODIFY)?;
    let mut files = Vec::new();
    for name in '0'..='3' {
        let path = format!("{WATCHED}/{name}");
        create(&path)?;
        files.push(open(path.as_str(), OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty())?);
    }
    for file in &files[..3] {
        write_a_byte(file)?;
    }
    // Three of four, and the tail is an IN_MODIFY of file 2: this one merges.
    write_a_byte(&files[2])?;
    check!("FIONREAD", queued(&inotify)?, 3 * 32);
    // Four of four, and the tail is an IN_MODIFY of file 3: this one does not.
    write_a_byte(&files[3])?;
    check!("FIONREAD", queued(&inotify)?, 4 * 32);
    write_a_byte(&files[3])?;
    check!("FIONREAD", queued(&inotify)?, 4 * 32 + HEADER);
    inotify.rm_watch(wd)?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 5);
    check_event(&events[4], -1, AddWatchFlags::IN_Q_OVERFLOW, 0, "");
    println!("10. full: a repeated IN_MODIFY overflows instead of merging,");
    println!("    and rm_watch brings no IN_IGNORED");
    for name in '0'..='3' {
        unlink(format!("{WATCHED}/{name}").as_str())?;
    }
    Ok(())
}

/// A watch hears the calls that go through the file system's front door, and
/// in one directory only.
fn what_is_not_told() -> nix::Result<()> {
    mark!("11. deeper, through memory, in /proc: nothing");
    // Deeper: the new directory itself is told, but not what goes on in it.
    let (inotify, wd) = watch(WATCHED, AddWatchFlags::IN_CREATE)?;
    mkdir("watched/deep", Mode::from_bits_retain(0o755))?;
    create("watched/deep/a")?;
    let events = read_events(&inotify, 4096)?;
    check!("events", events.len(), 1);
    let directory = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_ISDIR;
    check_event(&events[0], wd, directory, 16, "deep");
    println!("11. mkdir: IN_CREATE|IN_ISDIR; nothing of a file made inside");

    // Through memory: the file has changed, and no event says so.
    let file = open("watched/deep/a", OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())?;
    write_a_byte(&file)?;
    let (inotify, _) = watch("watched/deep/a", AddWatchFlags::IN_MODIFY)?;
    write_through_memory(&file, b'M')?;
    let mut byte = [0];
    check!("pread", nix::sys::uio::pread(&file, &mut byte, 0)?, 1);
    check!("the byte in the file", byte, [b'M']);
    check!("FIONREAD", queued(&inotify)?, 0);
    println!("    a write through mmap changes the file: no IN_MODIFY");

    // In /proc: a process comes and goes, and its directory with it.
    let (inotify, _) = watch("/proc", AddWatchFlags::IN_CREATE | AddWatchFlags::IN_DELETE)?;
    reap(start(|| Ok(()))?)?;
    check!("FIONREAD", queued(&inotify)?, 0);
    println!("    a process comes and goes in /proc: nothing");
    Ok(())
}

/// A new queue with one watch.
fn watch(path: &str, events: AddWatchFlags) -> nix::Result<(Inotify, i32)> {
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC)?;
    let wd = inotify.add_watch(path, events)?.as_raw();
    Ok((inotify, wd))
}

/// A new queue for four events. The limit is looked at when a queue is made,
/// so it can be put back at once.
fn with_a_queue_of_four() -> nix::Result<Inotify> {
    let before = fs_result(fs::read_to_string(QUEUE))?;
    fs_result(fs::write(QUEUE, "4"))?;
    let inotify = Inotify::init(InitFlags::IN_CLOEXEC);
    fs_result(fs::write(QUEUE, before))?;
    inotify
}

/// One read(2), taken apart. nix's `read_events` does the same, but leaves out
/// `len`, which is what this lesson looks at.
fn read_events(inotify: &Inotify, capacity: usize) -> nix::Result<Vec<Event>> {
    let mut buffer = vec![0; capacity];
    let length = read(inotify, &mut buffer)?;
    let mut rest = &buffer[..length];
    let mut events = Vec::new();
    while let Some((header, behind)) = rest.split_first_chunk::<HEADER>() {
        let (&[wd, mask, cookie, len], _) = header.as_chunks::<4>() else {
            unreachable!("a header is four numbers of four bytes");
        };
        let len = u32::from_ne_bytes(len);
        let (padded, next) = behind.split_at(len as usize);
        let name = padded.split(|&byte| byte == 0).next().unwrap_or_default();
        events.push(Event {
            wd: i32::from_ne_bytes(wd),
            mask: AddWatchFlags::from_bits_retain(u32::from_ne_bytes(mask)),
            cookie: u32::from_ne_bytes(cookie),
            len,
            name: String::from_utf8_lossy(name).into_owned(),
        });
        rest = next;
    }
    Ok(events)
}

fn check_event(event: &Event, wd: i32, mask: AddWatchFlags, len: u32, name: &str) {
    check!("wd", event.wd, wd);
    check!("mask", event.mask, mask);
    check!("len", event.len, len);
    check!("name", event.name.as_str(), name);
}

/// How many bytes are queued: ioctl(2) with FIONREAD.
fn queued(inotify: &Inotify) -> nix::Result<usize> {
    let mut bytes = 0;
    // SAFETY: the ioctl writes an int to a valid pointer.
    unsafe { fionread(inotify.as_fd().as_raw_fd(), &raw mut bytes)? };
    Ok(usize::try_from(bytes).expect("a size is not negative"))
}

/// Makes an empty file: IN_CREATE, IN_OPEN and IN_CLOSE_WRITE.
fn create(path: &str) -> nix::Result<()> {
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
    close(open(path, flags, Mode::from_bits_retain(0o644))?)
}

fn write_a_byte(file: &OwnedFd) -> nix::Result<()> {
    check!("write", write(file, b"x")?, 1);
    Ok(())
}

/// Writes to a file's first byte by storing to memory.
fn write_through_memory(file: &OwnedFd, byte: u8) -> nix::Result<()> {
    use nix::sys::mman::{MapFlags, MsFlags, ProtFlags, mmap, msync, munmap};
    let length = std::num::NonZeroUsize::MIN;
    // SAFETY: the mapping is a new one, is written inside the file's only page
    // and is gone when this function returns.
    unsafe {
        let page = mmap(None, length, ProtFlags::PROT_WRITE, MapFlags::MAP_SHARED, file, 0)?;
        page.cast::<u8>().write(byte);
        msync(page, length.get(), MsFlags::MS_SYNC)?;
        munmap(page, length.get())
    }
}

/// The errno of a call that std made.
fn fs_result<T>(result: std::io::Result<T>) -> nix::Result<T> {
    result.map_err(|e| e.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw))
}

/// Starts a child that does `work` and exits with 0 if that succeeded.
fn start(work: impl FnOnce() -> nix::Result<()>) -> nix::Result<Pid> {
    // SAFETY: this program has one thread, so the child may do as it likes.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let status = c_int::from(work().is_err());
            // SAFETY: it ends the process, and any status will do.
            unsafe { libc::_exit(status) }
        }
    }
}

fn reap(child: Pid) -> nix::Result<()> {
    check!("wait status", waitpid(child, None)?, WaitStatus::Exited(child, 0));
    Ok(())
}
