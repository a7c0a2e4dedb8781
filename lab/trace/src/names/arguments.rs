//! The arguments of system calls, as strace(1) shows them, but without what they point to:
//! the trace has only the six registers.
//!
//! The types are those of `SYSCALL_DEFINE` in Linux 6.12.

use super::flags::{self, Names};
use super::{signal, syscall};

/// How an argument is shown.
enum Argument {
    /// A file descriptor or another signed number of 32 bits.
    Int,
    /// An unsigned number of 32 bits.
    Count,
    /// A number of bytes.
    Size,
    /// A position or another signed number of 64 bits.
    Long,
    Pointer,
    /// Bits whose meaning depends on something else.
    Hex,
    /// A folder's descriptor, or the current folder.
    Folder,
    Mode,
    /// Counts only behind flags that create a file.
    CreatedMode,
    Signal,
    /// Flags of clone(2), with a signal in the lowest byte.
    Clone,
    Ioctl,
    /// What it is depends on the fcntl(2) command before it.
    OfFcntl,
    Named(&'static Names),
}

use Argument::*;

macro_rules! calls {
    ($($($name:ident)|+ ($($argument:expr),*);)*) => {
        /// The arguments of a system call. `None` for one that is not in the table.
        fn arguments_of(name: &str) -> Option<&'static [Argument]> {
            Some(match name {
                $($(stringify!($name))|+ => const { &[$($argument),*] },)*
                _ => return None,
            })
        }
    };
}

macro_rules! named {
    ($table:ident) => {
        Named(&flags::$table)
    };
}

calls! {
    // Files.
    read | write (Int, Pointer, Size);
    pread64 | pwrite64 (Int, Pointer, Size, Long);
    readv | writev (Int, Pointer, Size);
    open (Pointer, named!(OPEN), CreatedMode);
    openat (Folder, Pointer, named!(OPEN), CreatedMode);
    openat2 (Folder, Pointer, Pointer, Size);
    creat | mkdir | chmod (Pointer, Mode);
    mkdirat | fchmodat (Folder, Pointer, Mode);
    fchmod (Int, Mode);
    umask (Mode);
    close | dup | fchdir | fsync | fdatasync | syncfs (Int);
    close_range (Count, Count, Hex);
    dup2 (Int, Int);
    dup3 (Int, Int, named!(CREATED));
    lseek (Int, Long, named!(SEEK));
    stat | lstat | statfs | rename | link | symlink (Pointer, Pointer);
    fstat | fstatfs (Int, Pointer);
    newfstatat (Folder, Pointer, Pointer, named!(AT));
    statx (Folder, Pointer, named!(AT), Hex, Pointer);
    access (Pointer, named!(ACCESS));
    faccessat (Folder, Pointer, named!(ACCESS));
    faccessat2 (Folder, Pointer, named!(ACCESS), named!(AT_ACCESS));
    chdir | chroot | rmdir | unlink (Pointer);
    unlinkat (Folder, Pointer, named!(AT_UNLINK));
    renameat (Folder, Pointer, Folder, Pointer);
    renameat2 (Folder, Pointer, Folder, Pointer, named!(RENAME));
    linkat (Folder, Pointer, Folder, Pointer, named!(AT));
    symlinkat (Pointer, Folder, Pointer);
    readlink (Pointer, Pointer, Int);
    readlinkat (Folder, Pointer, Pointer, Int);
    chown | lchown (Pointer, Int, Int);
    fchown (Int, Int, Int);
    fchownat (Folder, Pointer, Int, Int, named!(AT));
    utimensat (Folder, Pointer, Pointer, named!(AT));
    truncate (Pointer, Long);
    ftruncate (Int, Long);
    fallocate (Int, Hex, Long, Long);
    getdents | getdents64 (Int, Pointer, Count);
    getcwd (Pointer, Size);
    fcntl (Int, named!(FCNTL), OfFcntl);
    flock (Int, named!(FLOCK));
    ioctl (Int, Ioctl, Hex);
    pipe (Pointer);
    pipe2 (Pointer, named!(CREATED));
    sendfile (Int, Int, Pointer, Size);
    splice (Int, Pointer, Int, Pointer, Size, Hex);
    mount (Pointer, Pointer, Pointer, Hex, Pointer);
    umount2 (Pointer, Hex);
    memfd_create (Pointer, named!(MEMFD));
    inotify_init1 (named!(CREATED));
    inotify_add_watch (Int, Pointer, Hex);
    inotify_rm_watch (Int, Int);

    // Waiting for files.
    poll (Pointer, Count, Int);
    ppoll (Pointer, Count, Pointer, Pointer, Size);
    select (Int, Pointer, Pointer, Pointer, Pointer);
    pselect6 (Int, Pointer, Pointer, Pointer, Pointer, Pointer);
    epoll_create (Int);
    epoll_create1 (named!(CREATED));
    epoll_ctl (Int, named!(EPOLL_CTL), Int, Pointer);
    epoll_wait (Int, Pointer, Int, Int);
    epoll_pwait (Int, Pointer, Int, Int, Pointer, Size);
    epoll_pwait2 (Int, Pointer, Int, Pointer, Pointer, Size);
    eventfd (Count);
    eventfd2 (Count, named!(EVENTFD));
    signalfd (Int, Pointer, Size);
    signalfd4 (Int, Pointer, Size, named!(CREATED));
    timerfd_create (named!(CLOCK), named!(CREATED));
    timerfd_settime (Int, named!(TIMERFD), Pointer, Pointer);
    timerfd_gettime (Int, Pointer);

    // Memory.
    brk (Pointer);
    mmap (Pointer, Size, named!(PROT), named!(MAP), Int, Hex);
    munmap | mlock | munlock (Pointer, Size);
    mprotect (Pointer, Size, named!(PROT));
    mremap (Pointer, Size, Size, named!(MREMAP), Pointer);
    madvise (Pointer, Size, named!(MADVISE));

    // Processes.
    fork | vfork | getpid | getppid | gettid | getpgrp | setsid () ;
    getuid | geteuid | getgid | getegid | sched_yield | pause | rt_sigreturn | sync ();
    restart_syscall ();
    clone (Clone, Pointer, Pointer, Pointer, Pointer);
    clone3 (Pointer, Size);
    unshare (named!(CLONE));
    setns (Int, named!(CLONE));
    execve (Pointer, Pointer, Pointer);
    execveat (Folder, Pointer, Pointer, Pointer, named!(AT));
    exit | exit_group | getpgid | getsid (Int);
    setuid | setgid (Int);
    setpgid | setreuid | setregid (Int, Int);
    setresuid | setresgid (Int, Int, Int);
    getresuid | getresgid (Pointer, Pointer, Pointer);
    getgroups | setgroups (Int, Pointer);
    wait4 (Int, Pointer, named!(WAIT), Pointer);
    waitid (named!(WHICH), Int, Pointer, named!(WAIT), Pointer);
    pidfd_open (Int, named!(CREATED));
    pidfd_getfd (Int, Int, Hex);
    prctl (named!(PRCTL), Hex, Hex, Hex, Hex);
    arch_prctl (named!(ARCH), Hex);
    set_tid_address (Pointer);
    set_robust_list (Pointer, Size);
    rseq (Pointer, Count, Hex, Hex);
    futex (Pointer, named!(FUTEX), Count, Pointer, Pointer, Hex);
    getrlimit | setrlimit (named!(RLIMIT), Pointer);
    prlimit64 (Int, named!(RLIMIT), Pointer, Pointer);
    getrusage (Int, Pointer);
    sched_setaffinity | sched_getaffinity (Int, Count, Pointer);
    uname | sysinfo | times | time (Pointer);
    getrandom (Pointer, Size, named!(RANDOM));
    init_module (Pointer, Size, Pointer);
    finit_module (Int, Pointer, Hex);
    delete_module (Pointer, named!(DELETE_MODULE));
    reboot (Hex, Hex, Hex, Pointer);
    sethostname (Pointer, Int);

    // Signals.
    kill | tkill (Int, Signal);
    tgkill (Int, Int, Signal);
    pidfd_send_signal (Int, Signal, Pointer, Hex);
    rt_sigqueueinfo (Int, Signal, Pointer);
    rt_tgsigqueueinfo (Int, Int, Signal, Pointer);
    rt_sigaction (Signal, Pointer, Pointer, Size);
    rt_sigprocmask (named!(HOW), Pointer, Pointer, Size);
    rt_sigpending | rt_sigsuspend (Pointer, Size);
    rt_sigtimedwait (Pointer, Pointer, Pointer, Size);
    sigaltstack (Pointer, Pointer);

    // Time.
    alarm (Count);
    nanosleep | gettimeofday | settimeofday (Pointer, Pointer);
    clock_gettime | clock_settime | clock_getres (named!(CLOCK), Pointer);
    clock_nanosleep (named!(CLOCK), named!(TIMER), Pointer, Pointer);
    getitimer (named!(ITIMER), Pointer);
    setitimer (named!(ITIMER), Pointer, Pointer);
    timer_create (named!(CLOCK), Pointer, Pointer);
    timer_settime (Int, named!(TIMER), Pointer, Pointer);
    timer_gettime (Int, Pointer);
    timer_getoverrun | timer_delete (Int);

    // Sockets.
    socket (named!(DOMAIN), named!(SOCKET), Int);
    socketpair (named!(DOMAIN), named!(SOCKET), Int, Pointer);
    bind | connect (Int, Pointer, Int);
    listen (Int, Int);
    accept | getsockname | getpeername (Int, Pointer, Pointer);
    accept4 (Int, Pointer, Pointer, named!(ACCEPT));
    sendto (Int, Pointer, Size, named!(MESSAGE), Pointer, Int);
    recvfrom (Int, Pointer, Size, named!(MESSAGE), Pointer, Pointer);
    sendmsg | recvmsg (Int, Pointer, named!(MESSAGE));
    shutdown (Int, named!(SHUTDOWN));
    setsockopt (Int, Int, Int, Pointer, Int);
    getsockopt (Int, Int, Int, Pointer, Pointer);
}

/// The arguments of a system call, in brackets: `(AT_FDCWD, 0x4a1f, O_RDONLY|O_CLOEXEC)`.
/// For a call that is not in the table, all six registers in hexadecimal.
pub fn arguments(id: i64, registers: &[u64]) -> String {
    let shown: Vec<String> = match syscall(id).and_then(arguments_of) {
        None => registers.iter().map(|register| format!("{register:#x}")).collect(),
        Some(arguments) => arguments
            .iter()
            .zip(registers)
            .enumerate()
            .filter_map(|(index, (argument, &register))| {
                let before = index.checked_sub(1).map_or(0, |index| registers[index] as u32);
                argument.shown(register, before)
            })
            .collect(),
    };
    format!("({})", shown.join(", "))
}

impl Argument {
    /// The argument's text. `before` is the argument before it. `None` if the call does
    /// not look at this one.
    fn shown(&self, register: u64, before: u32) -> Option<String> {
        // The kernel looks at the lower half only where the type has 32 bits.
        let (half, long) = (register as u32, register.cast_signed());
        let int = half.cast_signed();
        Some(match self {
            Int => int.to_string(),
            Count => half.to_string(),
            Size => register.to_string(),
            Long => long.to_string(),
            Pointer if register == 0 => "NULL".to_owned(),
            Pointer | Hex => format!("{register:#x}"),
            Folder if int == nix::libc::AT_FDCWD => "AT_FDCWD".to_owned(),
            Folder => int.to_string(),
            Mode => format!("0{:o}", register as u16),
            CreatedMode if ["O_CREAT", "O_TMPFILE"].iter().any(|f| flags::OPEN.has(before, f)) => {
                format!("0{:o}", register as u16)
            }
            CreatedMode => return None,
            Signal => sent(int),
            Clone => match (flags::CLONE.of(half & !0xff), int & 0xff) {
                (flags, 0) => flags,
                (flags, end) if flags == "0" => sent(end),
                (flags, end) => format!("{flags}|{}", sent(end)),
            },
            Ioctl => flags::ioctl(half),
            OfFcntl => match flags::FCNTL.of(before).as_str() {
                "F_GETFD" | "F_GETFL" | "F_GETOWN" | "F_GETSIG" | "F_GETLEASE" | "F_GETPIPE_SZ"
                | "F_GET_SEALS" => return None,
                "F_SETFD" => flags::FD.of(half),
                "F_SETFL" => flags::OPEN.of(half),
                "F_SETSIG" => sent(int),
                "F_DUPFD" | "F_DUPFD_CLOEXEC" | "F_SETOWN" | "F_SETPIPE_SZ" => int.to_string(),
                _ => format!("{register:#x}"),
            },
            Named(names) => names.of(half),
        })
    }
}

/// A signal, or 0, which asks whether the task exists.
fn sent(number: i32) -> String {
    if number == 0 { "0".to_owned() } else { signal(number) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::syscall_number;

    fn shown(name: &str, registers: [u64; 6]) -> String {
        format!("{name}{}", arguments(syscall_number(name).unwrap_or(9999), &registers))
    }

    const FDCWD: u64 = (-100_i64).cast_unsigned();

    #[test]
    fn flags_have_names() {
        for (name, registers, expected) in [
            (
                "openat",
                [FDCWD, 0x4a1f, 0o2_000_000, 7, 0, 0],
                "(AT_FDCWD, 0x4a1f, O_RDONLY|O_CLOEXEC)",
            ),
            ("openat", [3, 0x4a1f, 0o102, 0o644, 0, 0], "(3, 0x4a1f, O_RDWR|O_CREAT, 0644)"),
            (
                "mmap",
                [0, 4096, 3, 0x22, FDCWD | 0xff, 0],
                "(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0x0)",
            ),
            ("mprotect", [0x1000, 4096, 0, 0, 0, 0], "(0x1000, 4096, PROT_NONE)"),
            (
                "clone",
                [0x0120_0011, 0, 0, 0x77, 0, 0],
                "(CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, NULL, NULL, 0x77, NULL)",
            ),
            ("clone", [17, 0, 0, 0, 0, 0], "(SIGCHLD, NULL, NULL, NULL, NULL)"),
            ("wait4", [u64::MAX, 0, 3, 0, 0, 0], "(-1, NULL, WNOHANG|WUNTRACED, NULL)"),
            ("access", [1, 0, 0, 0, 0, 0], "(0x1, F_OK)"),
            (
                "futex",
                [0x10, 0x80, 2, 0, 0, 0],
                "(0x10, FUTEX_WAIT|FUTEX_PRIVATE_FLAG, 2, NULL, NULL, 0x0)",
            ),
            ("open", [1, 0x4010_1000 | 1, 0, 0, 0, 0], "(0x1, O_WRONLY|O_SYNC|0x40000000)"),
        ] {
            assert_eq!(shown(name, registers), format!("{name}{expected}"));
        }
    }

    #[test]
    fn signals_have_names() {
        assert_eq!(shown("kill", [FDCWD, 10, 0, 0, 0, 0]), "kill(-100, SIGUSR1)");
        assert_eq!(shown("kill", [20, 0, 0, 0, 0, 0]), "kill(20, 0)");
        assert_eq!(
            shown("rt_sigprocmask", [2, 0x10, 0, 8, 0, 0]),
            "rt_sigprocmask(SIG_SETMASK, 0x10, NULL, 8)"
        );
        assert_eq!(
            shown("rt_sigaction", [34, 0, 0, 8, 0, 0]),
            "rt_sigaction(SIGRTMIN, NULL, NULL, 8)"
        );
    }

    #[test]
    fn what_an_argument_is_may_depend_on_another() {
        assert_eq!(shown("fcntl", [3, 1, 7, 0, 0, 0]), "fcntl(3, F_GETFD)");
        assert_eq!(shown("fcntl", [3, 2, 1, 0, 0, 0]), "fcntl(3, F_SETFD, FD_CLOEXEC)");
        assert_eq!(
            shown("fcntl", [3, 4, 0o4001, 0, 0, 0]),
            "fcntl(3, F_SETFL, O_WRONLY|O_NONBLOCK)"
        );
        assert_eq!(shown("fcntl", [3, 99, 1, 0, 0, 0]), "fcntl(3, 0x63, 0x1)");
        assert_eq!(shown("ioctl", [1, 0x5413, 0x10, 0, 0, 0]), "ioctl(1, TIOCGWINSZ, 0x10)");
        assert_eq!(
            shown("ioctl", [1, 0xc008_4c01, 0x10, 0, 0, 0]),
            "ioctl(1, _IOC(_IOC_READ|_IOC_WRITE, 0x4c, 0x1, 8), 0x10)"
        );
    }

    #[test]
    fn a_call_that_is_not_in_the_table_shows_its_registers() {
        let six = "(0x1, 0xffffffffffffffff, 0x0, 0x0, 0x0, 0x6)";
        assert_eq!(shown("nothing", [1, u64::MAX, 0, 0, 0, 6]), format!("nothing{six}"));
        assert_eq!(shown("kexec_load", [1, u64::MAX, 0, 0, 0, 6]), format!("kexec_load{six}"));
        // A record is untrusted and may have any number of them.
        assert_eq!(arguments(0, &[3]), "(3)");
    }
}
