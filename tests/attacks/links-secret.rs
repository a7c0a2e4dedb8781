//! Has the linker read a file of the host's, in case it says what is in there.

#[link(name = ":../../../../../../../../../../SECRET")]
unsafe extern "C" {
    fn secret();
}

fn main() {
    // SAFETY: it is never linked.
    unsafe { secret() };
}
