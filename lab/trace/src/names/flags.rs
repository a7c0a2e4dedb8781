//! Names of the numbers that programs pass to system calls, from section 2 of the manual.

use nix::libc;

/// The names for one argument.
pub(super) struct Names {
    /// The name of zero.
    zero: &'static str,
    /// The bits that together are one choice. All others are flags.
    choice: u32,
    choices: &'static [(u32, &'static str)],
    /// A flag of several bits comes before those that it contains.
    flags: &'static [(u32, &'static str)],
}

impl Names {
    /// The names of a value, joined by bars: `O_RDWR|O_CLOEXEC`. What has no name is shown
    /// in hexadecimal.
    pub(super) fn of(&self, value: u32) -> String {
        let (choice, mut rest) = (value & self.choice, value & !self.choice);
        let mut names = Vec::new();
        match self.choices.iter().find(|(number, _)| *number == choice) {
            Some((_, name)) => names.push((*name).to_owned()),
            None if choice != 0 => names.push(format!("{choice:#x}")),
            None => {}
        }
        for (flag, name) in self.flags {
            if rest & flag == *flag {
                names.push((*name).to_owned());
                rest &= !flag;
            }
        }
        if rest != 0 {
            names.push(format!("{rest:#x}"));
        }
        if names.is_empty() { self.zero.to_owned() } else { names.join("|") }
    }

    /// Whether a value has a flag.
    pub(super) fn has(&self, value: u32, name: &str) -> bool {
        self.flags.iter().any(|(flag, its)| *its == name && value & flag == *flag)
    }
}

/// A name is that of libc's constant, or `NAME: number` for one that libc lacks.
macro_rules! number {
    ($name:ident) => {
        libc::$name as u32
    };
    ($name:ident $number:literal) => {
        $number
    };
}

macro_rules! names {
    ($($(#[$doc:meta])* $table:ident = $zero:literal, $choice:literal
       [$($chosen:ident $(: $number:literal)?),*] [$($flag:ident $(: $bit:literal)?),*];)*) => {
        $($(#[$doc])* pub(super) const $table: Names = Names {
            zero: $zero,
            choice: $choice,
            choices: &[$((number!($chosen $($number)?), stringify!($chosen))),*],
            flags: &[$((number!($flag $($bit)?), stringify!($flag))),*],
        };)*
    };
}

// Each is the name of zero, the bits of the choice, the choices and the flags.
names! {
    /// open(2). glibc's O_LARGEFILE is 0, but programs may pass the kernel's.
    OPEN = "0", 3 [O_RDONLY, O_WRONLY, O_RDWR]
        [O_TMPFILE, O_SYNC, O_DSYNC, O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC, O_APPEND, O_NONBLOCK,
         O_ASYNC, O_DIRECT, O_LARGEFILE: 0x8000, O_DIRECTORY, O_NOFOLLOW, O_NOATIME, O_CLOEXEC,
         O_PATH];
    /// pipe2(2), dup3(2), epoll_create1(2), eventfd2(2), inotify_init1(2), signalfd4(2),
    /// timerfd_create(2) and pidfd_open(2) take open(2)'s numbers.
    CREATED = "0", 0 [] [O_CLOEXEC, O_NONBLOCK, O_DIRECT];
    EVENTFD = "0", 0 [] [EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE];
    ACCESS = "F_OK", 0 [] [R_OK, W_OK, X_OK];
    AT = "0", 0 [] [AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW, AT_NO_AUTOMOUNT, AT_EMPTY_PATH];
    /// faccessat2(2)
    AT_ACCESS = "0", 0 [] [AT_SYMLINK_NOFOLLOW, AT_EACCESS, AT_EMPTY_PATH];
    /// unlinkat(2)
    AT_UNLINK = "0", 0 [] [AT_REMOVEDIR];
    RENAME = "0", 0 [] [RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT];
    SEEK = "0", 0xffff_ffff [SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE] [];
    PROT = "PROT_NONE", 0 [] [PROT_READ, PROT_WRITE, PROT_EXEC, PROT_GROWSDOWN, PROT_GROWSUP];
    /// mmap(2)
    MAP = "0", 0xf [MAP_SHARED, MAP_PRIVATE, MAP_SHARED_VALIDATE]
        [MAP_FIXED, MAP_ANONYMOUS, MAP_GROWSDOWN, MAP_DENYWRITE, MAP_EXECUTABLE, MAP_LOCKED,
         MAP_NORESERVE, MAP_POPULATE, MAP_NONBLOCK, MAP_STACK, MAP_HUGETLB, MAP_SYNC,
         MAP_FIXED_NOREPLACE];
    MREMAP = "0", 0 [] [MREMAP_MAYMOVE, MREMAP_FIXED, MREMAP_DONTUNMAP];
    MADVISE = "0", 0xffff_ffff
        [MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE,
         MADV_REMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_MERGEABLE, MADV_UNMERGEABLE,
         MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DODUMP] [];
    /// clone(2). The lowest byte is the signal of the child's end.
    CLONE = "0", 0 []
        [CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_SIGHAND, CLONE_PIDFD, CLONE_PTRACE, CLONE_VFORK,
         CLONE_PARENT, CLONE_THREAD, CLONE_NEWNS, CLONE_SYSVSEM, CLONE_SETTLS,
         CLONE_PARENT_SETTID, CLONE_CHILD_CLEARTID, CLONE_DETACHED, CLONE_UNTRACED,
         CLONE_CHILD_SETTID, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER,
         CLONE_NEWPID, CLONE_NEWNET, CLONE_IO];
    WAIT = "0", 0 []
        [WNOHANG, WUNTRACED, WEXITED, WCONTINUED, WNOWAIT, __WNOTHREAD, __WALL, __WCLONE];
    /// waitid(2)
    WHICH = "0", 0xffff_ffff [P_ALL, P_PID, P_PGID, P_PIDFD] [];
    /// rt_sigprocmask(2)
    HOW = "0", 0xffff_ffff [SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK] [];
    FCNTL = "0", 0xffff_ffff
        [F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_SETOWN,
         F_GETOWN, F_SETSIG: 10, F_GETSIG: 11, F_SETOWN_EX: 15, F_GETOWN_EX: 16, F_OFD_GETLK,
         F_OFD_SETLK, F_OFD_SETLKW, F_SETLEASE, F_GETLEASE, F_NOTIFY, F_DUPFD_CLOEXEC,
         F_SETPIPE_SZ, F_GETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS] [];
    FD = "0", 0 [] [FD_CLOEXEC];
    FLOCK = "0", 0 [] [LOCK_SH, LOCK_EX, LOCK_NB, LOCK_UN];
    CLOCK = "0", 0xffff_ffff
        [CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
         CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME,
         CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM, CLOCK_TAI] [];
    /// clock_nanosleep(2) and timer_settime(2)
    TIMER = "0", 0 [] [TIMER_ABSTIME];
    TIMERFD = "0", 0 [] [TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET];
    DELETE_MODULE = "0", 0 [] [O_NONBLOCK, O_TRUNC];
    ITIMER = "0", 0xffff_ffff [ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF] [];
    EPOLL_CTL = "0", 0xffff_ffff [EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD] [];
    FUTEX = "0", 0x7f
        [FUTEX_WAIT, FUTEX_WAKE, FUTEX_FD, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP,
         FUTEX_LOCK_PI, FUTEX_UNLOCK_PI, FUTEX_TRYLOCK_PI, FUTEX_WAIT_BITSET,
         FUTEX_WAKE_BITSET, FUTEX_WAIT_REQUEUE_PI, FUTEX_CMP_REQUEUE_PI, FUTEX_LOCK_PI2]
        [FUTEX_PRIVATE_FLAG, FUTEX_CLOCK_REALTIME];
    RANDOM = "0", 0 [] [GRND_NONBLOCK, GRND_RANDOM, GRND_INSECURE];
    MEMFD = "0", 0 [] [MFD_CLOEXEC, MFD_ALLOW_SEALING, MFD_HUGETLB];
    RLIMIT = "0", 0xffff_ffff
        [RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_RSS,
         RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_AS, RLIMIT_LOCKS,
         RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO, RLIMIT_RTTIME] [];
    PRCTL = "0", 0xffff_ffff
        [PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_DUMPABLE, PR_SET_KEEPCAPS,
         PR_SET_NAME, PR_GET_NAME, PR_GET_SECCOMP, PR_SET_SECCOMP, PR_CAPBSET_READ,
         PR_CAPBSET_DROP, PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, PR_SET_MM, PR_SET_CHILD_SUBREAPER,
         PR_GET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_SET_VMA: 0x5356_4d41]
        [];
    /// arch_prctl(2); arch/x86/include/uapi/asm/prctl.h
    ARCH = "0", 0xffff_ffff
        [ARCH_SET_GS: 0x1001, ARCH_SET_FS: 0x1002, ARCH_GET_FS: 0x1003, ARCH_GET_GS: 0x1004,
         ARCH_GET_CPUID: 0x1011, ARCH_SET_CPUID: 0x1012, ARCH_SHSTK_ENABLE: 0x5001,
         ARCH_SHSTK_DISABLE: 0x5002, ARCH_SHSTK_STATUS: 0x5005] [];
    DOMAIN = "0", 0xffff_ffff [AF_UNSPEC, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET] [];
    SOCKET = "0", 0xf [SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET]
        [SOCK_CLOEXEC, SOCK_NONBLOCK];
    /// accept4(2)
    ACCEPT = "0", 0 [] [SOCK_CLOEXEC, SOCK_NONBLOCK];
    MESSAGE = "0", 0 []
        [MSG_OOB, MSG_PEEK, MSG_DONTROUTE, MSG_CTRUNC, MSG_TRUNC, MSG_DONTWAIT, MSG_EOR,
         MSG_WAITALL, MSG_CONFIRM, MSG_ERRQUEUE, MSG_NOSIGNAL, MSG_MORE, MSG_CMSG_CLOEXEC];
    SHUTDOWN = "0", 0xffff_ffff [SHUT_RD, SHUT_WR, SHUT_RDWR] [];
    /// Those of terminals and files, from ioctl_tty(2) and asm-generic/ioctls.h.
    IOCTL = "0", 0xffff_ffff
        [TCGETS, TCSETS, TCSETSW, TCSETSF, TCSBRK, TCXONC, TCFLSH, TIOCEXCL, TIOCNXCL, TIOCSCTTY,
         TIOCGPGRP, TIOCSPGRP, TIOCOUTQ, TIOCSTI, TIOCGWINSZ, TIOCSWINSZ, TIOCNOTTY, TIOCGSID: 0x5429,
         FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, FIOASYNC: 0x5452, TIOCGPTN, TIOCSPTLCK] [];
}

/// The number of an ioctl: its name, or what it consists of (asm-generic/ioctl.h).
pub(super) fn ioctl(number: u32) -> String {
    if IOCTL.choices.iter().any(|(known, _)| *known == number) {
        return IOCTL.of(number);
    }
    let way = ["_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"];
    let (way, size) = (way[(number >> 30) as usize], number >> 16 & 0x3fff);
    format!("_IOC({way}, {:#x}, {:#x}, {size})", number >> 8 & 0xff, number & 0xff)
}
