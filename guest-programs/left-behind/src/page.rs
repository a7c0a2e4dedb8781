//! A page that no page table has yet: the first to touch it has a page fault, and if that is
//! the kernel, the trace shows from where.

use std::num::NonZeroUsize;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;

use nix::libc::c_void;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};
use nix::sys::uio::pwrite;

/// Where it is: the trace asks for this address. Nothing else of the program is there.
const PLACE: NonZeroUsize = NonZeroUsize::new(0x2000_0000).unwrap();
const SIZE: NonZeroUsize = NonZeroUsize::new(4096).unwrap();

/// Two words of 32 bits.
type Words = [AtomicU32; 2];

/// The mapping, until it is dropped.
pub struct Page(NonNull<c_void>);

impl Page {
    /// A page of this process alone: a child has its own.
    pub fn private() -> nix::Result<Page> {
        let flags = MapFlags::MAP_PRIVATE | MapFlags::MAP_FIXED_NOREPLACE;
        let all = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping, which replaces none.
        unsafe { mmap_anonymous(Some(PLACE), SIZE, all, flags) }.map(Page)
    }

    /// A page of a file, which all processes share that have it mapped.
    pub fn of(file: &File) -> nix::Result<Page> {
        let flags = MapFlags::MAP_SHARED | MapFlags::MAP_FIXED_NOREPLACE;
        let all = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: a new mapping, which replaces none.
        unsafe { mmap(Some(PLACE), SIZE, all, flags, &file.0, 0) }.map(Page)
    }

    /// Its words. They are not touched before they are read.
    pub fn words(&self) -> &Words {
        // SAFETY: the mapping begins with them, and any bits are a number.
        unsafe { self.0.cast().as_ref() }
    }

    /// The first word's value.
    pub fn value(&self) -> u32 {
        self.words()[0].load(SeqCst)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: nobody has borrowed from it any more.
        let unmapped = unsafe { munmap(self.0, SIZE.get()) };
        unmapped.expect("a mapping can be unmapped");
    }
}

/// A file of one page, through which the page is written without touching it.
pub struct File(OwnedFd);

impl File {
    /// A file whose first word has this value.
    pub fn with(value: u32) -> nix::Result<File> {
        let file = File(memfd_create("page", MFdFlags::MFD_CLOEXEC)?);
        nix::unistd::ftruncate(&file.0, 4096)?;
        file.put(value)?;
        Ok(file)
    }

    /// Sets the first word.
    pub fn put(&self, value: u32) -> nix::Result<()> {
        pwrite(self.0.as_fd(), &value.to_ne_bytes(), 0).map(drop)
    }
}
