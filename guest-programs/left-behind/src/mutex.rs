//! A mutex that processes share.

use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::ptr::NonNull;

use nix::errno::Errno;
use nix::libc::{self, c_int, pthread_mutex_t};
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};

const SIZE: NonZeroUsize = NonZeroUsize::new(size_of::<pthread_mutex_t>()).unwrap();

/// In memory that a child has in common with its parent, until it is dropped.
pub struct Mutex(NonNull<pthread_mutex_t>);

impl Mutex {
    /// A new one, with PTHREAD_MUTEX_ROBUST or PTHREAD_MUTEX_STALLED.
    pub fn new(robust: c_int) -> nix::Result<Mutex> {
        let all = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping, which replaces none.
        let memory = unsafe { mmap_anonymous(None, SIZE, all, MapFlags::MAP_SHARED)? };
        let mutex = Mutex(memory.cast());
        let mut attributes = MaybeUninit::uninit();
        let attributes = attributes.as_mut_ptr();
        // SAFETY: the attributes are initialised first, and the mutex has room there.
        unsafe {
            result(libc::pthread_mutexattr_init(attributes))?;
            result(libc::pthread_mutexattr_setpshared(attributes, libc::PTHREAD_PROCESS_SHARED))?;
            result(libc::pthread_mutexattr_setrobust(attributes, robust))?;
            result(libc::pthread_mutex_init(mutex.0.as_ptr(), attributes))?;
            result(libc::pthread_mutexattr_destroy(attributes))?;
        }
        Ok(mutex)
    }

    /// pthread_mutex_lock(3)
    pub fn lock(&self) -> nix::Result<()> {
        // SAFETY: the mutex was initialised.
        result(unsafe { libc::pthread_mutex_lock(self.0.as_ptr()) })
    }

    /// pthread_mutex_consistent(3)
    pub fn consistent(&self) -> nix::Result<()> {
        // SAFETY: as above.
        result(unsafe { libc::pthread_mutex_consistent(self.0.as_ptr()) })
    }

    /// pthread_mutex_unlock(3)
    pub fn unlock(&self) -> nix::Result<()> {
        // SAFETY: as above.
        result(unsafe { libc::pthread_mutex_unlock(self.0.as_ptr()) })
    }
}

impl Drop for Mutex {
    fn drop(&mut self) {
        // A mutex that processes share is only memory: nothing else is to be given back.
        // SAFETY: nobody has borrowed from it any more.
        let unmapped = unsafe { munmap(self.0.cast(), SIZE.get()) };
        unmapped.expect("a mapping can be unmapped");
    }
}

/// These functions return the errno itself.
fn result(error: c_int) -> nix::Result<()> {
    if error == 0 { Ok(()) } else { Err(Errno::from_raw(error)) }
}
