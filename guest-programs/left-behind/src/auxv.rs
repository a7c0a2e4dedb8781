//! The auxiliary vector: pairs of a key and a value, which execve(2) leaves on the stack above
//! the environment.

use std::ffi::{c_char, c_ulong};
use std::fs;
use std::ptr;
use std::slice;

use nix::errno::Errno;
use nix::libc;
use steps::errno;

type Pair = [c_ulong; 2];

unsafe extern "C" {
    static environ: *const *const c_char;
}

/// The vector as it lies in memory. Only for a program that has not changed its environment.
pub fn in_memory() -> Vec<Pair> {
    let mut vector = Vec::new();
    // SAFETY: `environ` is still where execve(2) left it: pointers up to a null pointer, and
    // the pairs after that, up to one with the key AT_NULL. Nobody writes there.
    unsafe {
        let mut at = environ;
        while !(*at).is_null() {
            at = at.add(1);
        }
        let mut pair = at.add(1).cast::<Pair>();
        loop {
            vector.push(*pair);
            if (*pair)[0] == libc::AT_NULL {
                return vector;
            }
            pair = pair.add(1);
        }
    }
}

/// The vector as the kernel has kept it, in /proc/self/auxv.
pub fn in_proc() -> nix::Result<Vec<Pair>> {
    let bytes = fs::read("/proc/self/auxv").map_err(errno)?;
    let words: Vec<c_ulong> = bytes
        .chunks_exact(size_of::<c_ulong>())
        .map(|word| word.iter().rev().fold(0, |number, &byte| number << 8 | c_ulong::from(byte)))
        .collect();
    Ok(words.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
}

/// The value of a key.
pub fn value(key: c_ulong) -> nix::Result<c_ulong> {
    let pair = in_memory().into_iter().find(|pair| pair[0] == key);
    pair.map(|pair| pair[1]).ok_or(Errno::ENOENT)
}

/// The bytes that a value points to.
///
/// # Safety
/// It must point to that many bytes, which nobody changes.
pub unsafe fn bytes(key: c_ulong, length: usize) -> nix::Result<&'static [u8]> {
    let address = value(key)? as usize;
    // SAFETY: the caller's.
    Ok(unsafe { slice::from_raw_parts(ptr::with_exposed_provenance(address), length) })
}

/// AT_RANDOM's 16 bytes, as text.
pub fn random() -> nix::Result<String> {
    // SAFETY: the kernel has put 16 bytes there.
    Ok(format!("{:02x?}", unsafe { bytes(libc::AT_RANDOM, 16)? }))
}
