//! Two accounts in a file that several processes have mapped, and transfers between them.
//!
//! Usage: main FILE create
//!        main FILE transfer AMOUNT
//!        main FILE stop AMOUNT
//!
//! With `stop`, the process stays in the middle of its transfer.

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::fs::File;
use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::Relaxed;

use nix::errno::Errno;
use nix::libc::{self, pthread_mutex_t};
use nix::sys::mman::{MapFlags, ProtFlags, mmap};
use nix::unistd::pause;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What is in both accounts together, whenever nobody has the mutex.
const TOTAL: i64 = 1000;

/// What the file contains.
#[repr(C)]
struct Accounts {
    left: AtomicI64,
    right: AtomicI64,
    mutex: UnsafeCell<pthread_mutex_t>,
}

impl Accounts {
    /// Called once, by the first process, before all others.
    fn create(&self) -> Result<()> {
        self.left.store(TOTAL, Relaxed);
        self.right.store(0, Relaxed);
        let mut attributes = MaybeUninit::uninit();
        let attributes = attributes.as_mut_ptr();
        // SAFETY: attributes are initialised before they are used, and nobody else uses the
        // mutex yet.
        unsafe {
            result(libc::pthread_mutexattr_init(attributes))?;
            result(libc::pthread_mutexattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED))?;
            // region: attributes
            // region: solution
            // The kernel goes through the list of robust mutexes when a task ends, and knows
            // of no other.
            // endregion
            result(libc::pthread_mutexattr_setrobust(attributes, libc::PTHREAD_MUTEX_ROBUST))?;
            // endregion
            result(libc::pthread_mutex_init(self.mutex.get(), attributes))?;
        }
        Ok(())
    }

    /// Takes the mutex. When this returns, it is this process's, and the total is right.
    fn lock(&self) -> Result<()> {
        // SAFETY: `create` has initialised the mutex.
        let locked = unsafe { result(libc::pthread_mutex_lock(self.mutex.get())) };
        // region: lock
        match locked {
            // region: solution
            // Its owner is gone, and the mutex is ours: nobody sees the accounts meanwhile.
            // What the transfer has taken from one is not yet in the other. Only then may
            // they be called consistent.
            // endregion
            Err(Errno::EOWNERDEAD) => {
                // region: repair
                self.right.store(TOTAL - self.left.load(Relaxed), Relaxed);
                // endregion
                // SAFETY: this process has the mutex.
                unsafe { result(libc::pthread_mutex_consistent(self.mutex.get()))? };
                Ok(())
            }
            other => Ok(other?),
        }
        // endregion
    }

    fn unlock(&self) -> Result<()> {
        // SAFETY: this process has the mutex.
        Ok(unsafe { result(libc::pthread_mutex_unlock(self.mutex.get()))? })
    }

    /// Transfers an amount from left to right, and does `between` in the middle.
    fn transfer(&self, amount: i64, between: impl FnOnce()) -> Result<()> {
        self.lock()?;
        self.left.fetch_sub(amount, Relaxed);
        between();
        self.right.fetch_add(amount, Relaxed);
        self.unlock()
    }
}

/// The functions of pthreads return the errno itself.
fn result(error: c_int) -> nix::Result<()> {
    if error == 0 { Ok(()) } else { Err(Errno::from_raw(error)) }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [path, "create"] => map(path)?.create(),
        [path, "transfer", amount] => map(path)?.transfer(amount.parse()?, || {}),
        [path, "stop", amount] => map(path)?.transfer(amount.parse()?, pause),
        _ => Err("usage: main FILE create|transfer|stop [AMOUNT]".into()),
    }
}

/// The accounts in a file, until the process ends.
fn map(path: &str) -> Result<&'static Accounts> {
    let file = File::options().read(true).write(true).open(path)?;
    let length = NonZeroUsize::new(size_of::<Accounts>()).ok_or(Errno::EINVAL)?;
    let all = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping, which replaces none, and is never unmapped.
    let mapping = unsafe { mmap(None, length, all, MapFlags::MAP_SHARED, &file, 0)? };
    // SAFETY: it begins with the accounts, which other processes change only by atomic
    // instructions and by the functions of pthreads.
    Ok(unsafe { mapping.cast().as_ref() })
}
