//! How can one call return twice?
//!
//! fork(2) is called once, by one process, and returns in two. Run it in the
//! lab and read the timeline beside the output: the kernel is entered once and
//! left twice, by two tasks. The child's way out begins in `ret_from_fork`
//! (arch/x86/kernel/process.c), with a return value that `copy_thread` wrote
//! into its registers before it ever ran: 0.
//!
//! Documented in fork(2), clone(2), vfork(2), execve(2), getrlimit(2),
//! pid_namespaces(7) and pidfd_open(2).

use std::arch::asm;
use std::ffi::{CString, c_char};
use std::fs;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

use marker::{Arg, check, mark};
use nix::errno::Errno;
use nix::libc::{self, c_int, c_long, pid_t};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sched::{CloneFlags, clone, unshare};
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{
    ForkResult, Gid, Pid, Uid, execv, fork, getpid, getppid, pause, pipe, read, setgid, setgroups,
    setuid, write,
};
use steps::run_first;

/// The program that this one executes.
const OTHER: &str = "/lab/fork-return-other";

/// An ordinary user: root's forks have no limit.
const STUDENT: u32 = 1000;

fn main() -> nix::Result<()> {
    marker::open_trace();
    one_call_two_returns()?;
    two_calls_without_a_branch()?;
    no_more_processes()?;
    a_new_pid_namespace()?;
    exec_returns_to_another_program()?;
    vfork_returns_in_turn()?;
    a_number_used_twice()?;
    a_pidfd_tells_the_end()
}

/// Everything is there twice when fork returns, and only the return value
/// tells which copy this is.
fn one_call_two_returns() -> nix::Result<()> {
    let parent = getpid();
    let (reader, writer) = pipe()?;
    let mut number = 1;

    mark!("1. fork is called once");
    // nix's fork takes the number apart already: here it is as libc returns it.
    // SAFETY: this program has one thread, so the child may do as it likes.
    let returned = unsafe { libc::fork() };
    if returned == 0 {
        mark!("1. here it returned 0");
        number += 1;
        check!("getppid() in the child", getppid(), parent);
        check!("write", write(&writer, &getpid().as_raw().to_ne_bytes())?, 4);
        exit(number);
    }
    check!("fork failed", returned == -1, false);
    mark!("1. here it returned {}", Arg::Task(returned));

    let mut pid = [0; 4];
    check!("read", read(&reader, &mut pid)?, 4);
    check!("getpid() in the child", pid_t::from_ne_bytes(pid), returned);
    let child = Pid::from_raw(returned);
    check!("wait status", waitpid(child, None)?, WaitStatus::Exited(child, 2));
    check!("the parent's number", number, 1);
    println!("1. fork: returns the child's pid in the parent, 0 in the child");
    println!("   a number was 1: 2 in the child, still 1 in the parent");
    Ok(())
}

/// Without a look at the return value both go on with the same program, and
/// call fork again: the number of processes doubles with each call.
fn two_calls_without_a_branch() -> nix::Result<()> {
    mark!("2. two forks without a branch");
    let child = start(|| {
        mark!("2. one process calls fork, and again");
        // SAFETY: this program has one thread, so the child may do as it likes.
        unsafe {
            fork()?;
            fork()?;
        }
        // Everybody comes here. Each counts itself and what its children have
        // counted.
        let mut processes = 1;
        loop {
            match waitpid(None, None) {
                Ok(WaitStatus::Exited(_, counted)) => processes += counted,
                Err(Errno::ECHILD) => return Ok(processes),
                other => {
                    check!("a wait", other, Err(Errno::ECHILD));
                }
            }
        }
    })?;
    check!("wait status", waitpid(child, None)?, WaitStatus::Exited(child, 4));
    println!("2. two forks without a branch: 4 processes");
    Ok(())
}

/// The deliberate failure: a user may have so many processes and no more. It
/// is -11 that the kernel returns; -1 and errno are made of it by libc.
fn no_more_processes() -> nix::Result<()> {
    mark!("3. RLIMIT_NPROC");
    let user = start(|| {
        mark!("3. a child of root, two of a user");
        // Root may have any number, whatever the limit.
        setrlimit(Resource::RLIMIT_NPROC, 0, 3)?;
        reap(start(|| Ok(0))?)?;

        setrlimit(Resource::RLIMIT_NPROC, 3, 3)?;
        setgroups(&[])?;
        setgid(Gid::from_raw(STUDENT))?;
        setuid(Uid::from_raw(STUDENT))?;
        // The first of the user's three is this process itself.
        let first = start(|| Ok(0))?;
        let second = start(|| Ok(0))?;
        // They exit at once; and as long as nobody waits for them, they count.
        for zombie in [first, second] {
            waitid(Id::Pid(zombie), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
        }

        mark!("3. one child too many");
        // SAFETY: this program has one thread, so the child may do as it likes.
        let returned = unsafe { libc::fork() };
        let error = Errno::last();
        if returned == 0 {
            exit(0);
        }
        check!("fork", returned, -1);
        check!("errno", error, Errno::EAGAIN);
        println!("3. user {STUDENT}, limit 3: itself and 2 zombies; one more:");
        println!("   fork returns {returned}, errno is {error}");

        mark!("3. the same without libc");
        let raw = fork_without_libc();
        if raw == 0 {
            exit(0);
        }
        check!("fork without libc", raw, -c_long::from(libc::EAGAIN));
        println!("   without libc it returns {raw}");

        reap(first)?;
        mark!("3. one zombie has been waited for");
        reap(start(|| Ok(0))?)?;
        reap(second)?;
        println!("   after a wait for one of the zombies there is room again");
        Ok(0)
    })?;
    reap(user)
}

/// A pid is a number in a namespace: one process has several. fork returns the
/// one that its caller can use.
fn a_new_pid_namespace() -> nix::Result<()> {
    // By a child: who has called unshare(CLONE_NEWPID) forks into the new
    // namespace for the rest of its life.
    let outside = start(|| {
        let pid = getpid();
        unshare(CloneFlags::CLONE_NEWPID)?;
        check!("getpid() after unshare", getpid(), pid);

        mark!("4. fork into a new pid namespace");
        let init = start(|| {
            tell_numbers_inside();
            check!("getpid() inside", getpid(), Pid::from_raw(1));
            check!("getppid() inside", getppid(), Pid::from_raw(0));
            let second = start(|| {
                tell_numbers_inside();
                check!("getpid() inside", getpid(), Pid::from_raw(2));
                check!("getppid() inside", getppid(), Pid::from_raw(1));
                Ok(0)
            })?;
            check!("fork inside", second, Pid::from_raw(2));
            reap(second)?;
            Ok(0)
        })?;
        check!("fork returned 1", init == Pid::from_raw(1), false);
        // A zombie has a status as well.
        waitid(Id::Pid(init), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
        let status = std_result(fs::read_to_string(format!("/proc/{init}/status")))?;
        let pids = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
        let pids: Vec<&str> = pids.unwrap_or_default().split_whitespace().collect();
        check!("NSpid", pids.join(" "), format!("{init} 1"));
        reap(init)?;
        println!("4. fork into a new pid namespace: returns its pid outside;");
        println!("   inside getpid() is 1, getppid() is 0; NSpid: its pid outside, and 1");
        println!("   fork inside returns 2");

        // The namespace died with its init, and takes nobody in any more.
        mark!("5. fork into the dead namespace");
        let error = start(|| Ok(0)).expect_err("the namespace is dead");
        check!("fork into a dead namespace", error, Errno::ENOMEM);
        println!("5. its init is dead, one more fork: {error}");
        Ok(0)
    })?;
    reap(outside)
}

/// Numbers, and no tasks: in the namespace in which the trace names tasks, each
/// of them is somebody else's.
fn tell_numbers_inside() {
    mark!("4. getpid() {}, getppid() {}", getpid().as_raw(), getppid().as_raw());
}

/// execve makes no process. It returns to its caller only to say why not; when
/// it succeeds, it is another program that the kernel leaves to.
fn exec_returns_to_another_program() -> nix::Result<()> {
    mark!("6. execve");
    let child = start(|| {
        let error = execv(c"/lab/nothing", &[c"nothing"]).expect_err("there is no such program");
        check!("execve of nothing", error, Errno::ENOENT);
        // The other program checks that its pid is this one.
        let pid = c_string(getpid().to_string());
        match execv(&c_string(OTHER), &[c_string(OTHER), pid])? {}
    })?;
    reap(child)?;
    println!("6. execve of nothing returns: ENOENT; of a program, it does not:");
    println!("   the process is that program now, with the same pid");
    Ok(())
}

/// vfork lends its memory to the child and sleeps until the child is done with
/// it: until an execve has left it for good, or the child has exited.
///
/// Rust's libc deprecates vfork: parent and child would return on one stack, and
/// the child destroys what the parent needs. This is the same call by clone(2),
/// with a stack for the child; posix_spawn(3) does it like this.
fn vfork_returns_in_turn() -> nix::Result<()> {
    static FROM_THE_CHILD: AtomicI32 = AtomicI32::new(0);
    // All that the child needs is made before: it may not allocate.
    let path = c_string(OTHER);
    let arguments: [*const c_char; 2] = [path.as_ptr(), std::ptr::null()];
    let in_the_child = || {
        FROM_THE_CHILD.store(getpid().as_raw(), Relaxed);
        // The trace tells the two apart by their names.
        let _ = prctl::set_name(c"vfork-child");
        mark!("7. the child executes");
        // SAFETY: path and arguments end with a zero, and outlive the call.
        unsafe { libc::execv(path.as_ptr(), arguments.as_ptr()) };
        127
    };
    let mut stack = vec![0; 64 * 1024];

    // As soon as the parent is woken it runs, and the child's execve ends behind it.
    run_first()?;
    mark!("7. the parent vforks");
    let flags = CloneFlags::CLONE_VM | CloneFlags::CLONE_VFORK;
    // SAFETY: the child has a stack of its own, allocates nothing and executes
    // another program; until then this process sleeps.
    let child = unsafe { clone(Box::new(in_the_child), &mut stack, flags, Some(libc::SIGCHLD)) }?;
    mark!("7. the parent goes on");
    check!("what the child stored", FROM_THE_CHILD.load(Relaxed), child.as_raw());
    reap(child)?;
    println!("7. vfork: returns the pid when the child's execve lets the memory go;");
    println!("   what the child stored before, the parent finds there");
    Ok(())
}

/// A pid is free again once its process has been waited for. Who only kept
/// the number signals a stranger; a pidfd knows that its process is gone.
fn a_number_used_twice() -> nix::Result<()> {
    mark!("8. clone3 with set_tid: a pid in use");
    let error = fork_as(getpid()).expect_err("this process has the pid");
    check!("clone3 with a pid in use", error, Errno::EEXIST);

    let child = start(|| Ok(0))?;
    let pidfd = open_pidfd(child)?;
    // A zombie keeps its pid.
    waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
    let error = fork_as(child).expect_err("the zombie has the pid");
    check!("clone3 with a zombie's pid", error, Errno::EEXIST);
    reap(child)?;
    mark!("8. now the pid is free");
    let ForkResult::Parent { child: stranger } = fork_as(child)? else { sleep_for_ever() };
    check!("clone3 with set_tid", stranger, child);

    check!("pidfd_send_signal", signal_by_pidfd(&pidfd), Err(Errno::ESRCH));
    kill(child, Signal::SIGTERM)?;
    check!(
        "wait status",
        waitpid(stranger, None)?,
        WaitStatus::Signaled(stranger, Signal::SIGTERM, false)
    );
    println!("8. clone3 with set_tid: EEXIST while that pid lives or is a zombie;");
    println!("   after the wait it returns that pid, for a stranger");
    println!("   kill(pid) hits the stranger; the old pidfd says ESRCH");
    Ok(())
}

/// A pidfd is readable when its process has exited, and hung up when somebody
/// has waited for it.
fn a_pidfd_tells_the_end() -> nix::Result<()> {
    mark!("9. poll of a pidfd");
    let child = start(|| sleep_for_ever())?;
    let pidfd = open_pidfd(child)?;
    check!("revents, alive", poll_now(&pidfd)?, PollFlags::empty());
    kill(child, Signal::SIGKILL)?;
    waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
    check!("revents, a zombie", poll_now(&pidfd)?, PollFlags::POLLIN);
    check!(
        "wait status",
        waitpid(child, None)?,
        WaitStatus::Signaled(child, Signal::SIGKILL, false)
    );
    check!("revents, waited for", poll_now(&pidfd)?, PollFlags::POLLIN | PollFlags::POLLHUP);
    println!("9. a pidfd: alive 0, a zombie POLLIN, waited for POLLIN|POLLHUP");
    Ok(())
}

/// Starts a child that does `work` and exits with the status it returns.
fn start(work: impl FnOnce() -> nix::Result<c_int>) -> nix::Result<Pid> {
    // SAFETY: this program has one thread, so the child may do as it likes.
    match unsafe { fork()? } {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => match work() {
            Ok(status) => exit(status),
            Err(error) => {
                println!("wrong: a child failed: {error}");
                exit(1)
            }
        },
    }
}

fn reap(child: Pid) -> nix::Result<()> {
    check!("wait status", waitpid(child, None)?, WaitStatus::Exited(child, 0));
    Ok(())
}

/// _exit(2), not exit(3): what the parent registered to be done at its exit is
/// none of the child's business.
fn exit(status: c_int) -> ! {
    // SAFETY: it ends the process, and any status will do.
    unsafe { libc::_exit(status) }
}

fn sleep_for_ever() -> ! {
    loop {
        pause();
    }
}

/// fork(2) as the kernel offers it: what comes back in the register is a pid,
/// 0, or a negative errno.
fn fork_without_libc() -> c_long {
    let returned: c_long;
    // SAFETY: the call writes no memory that this program can see, and changes
    // no registers but these three (syscall(2), "Architecture calling
    // conventions"). A child of it may only exit: libc does not know of it.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") libc::SYS_fork => returned,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    returned
}

/// fork(2), but the child gets this pid. Only clone3(2) can do it, and libc has
/// no function for that. The child may only sleep or exit.
fn fork_as(pid: Pid) -> nix::Result<ForkResult> {
    let wanted = [pid.as_raw()];
    // SAFETY: zero is a valid value of every field, and means that it is not
    // used.
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.exit_signal = libc::SIGCHLD as u64;
    arguments.set_tid = wanted.as_ptr() as u64;
    arguments.set_tid_size = wanted.len() as u64;
    // SAFETY: the arguments are live values of the right type and size. Parent
    // and child share no memory, and this program has one thread.
    let returned =
        unsafe { libc::syscall(libc::SYS_clone3, &raw const arguments, size_of_val(&arguments)) };
    Ok(match Errno::result(returned)? {
        0 => ForkResult::Child,
        child => {
            ForkResult::Parent { child: Pid::from_raw(child.try_into().expect("a pid is an int")) }
        }
    })
}

/// pidfd_open(2).
fn open_pidfd(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: the call takes two numbers.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) };
    let fd = Errno::result(fd)?.try_into().expect("a descriptor is an int");
    // SAFETY: the descriptor is new, so nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// pidfd_send_signal(2), with SIGTERM.
fn signal_by_pidfd(pidfd: &OwnedFd) -> nix::Result<()> {
    let no_siginfo = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: a null siginfo stands for the one that kill(2) would send.
    let result = unsafe {
        libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), libc::SIGTERM, no_siginfo, 0)
    };
    Errno::result(result).map(drop)
}

/// What poll(2) says of a descriptor, without waiting.
fn poll_now(fd: &OwnedFd) -> nix::Result<PollFlags> {
    let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::ZERO)?;
    Ok(fds[0].revents().expect("the kernel knows no other bits"))
}

fn c_string(text: impl Into<Vec<u8>>) -> CString {
    CString::new(text).expect("there is no zero in it")
}

/// The errno of a call that std made.
fn std_result<T>(result: std::io::Result<T>) -> nix::Result<T> {
    result.map_err(|e| e.raw_os_error().map_or(Errno::UnknownErrno, Errno::from_raw))
}
