fn main() {
    // SAFETY: it is not safe, which is the point: nothing is mapped at address 8.
    unsafe { std::ptr::with_exposed_provenance_mut::<u64>(8).write_volatile(0) };
}
