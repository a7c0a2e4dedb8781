//! Makes the linker read a host file, in case it prints the content.

#[link(name = ":../../../../../../../../../../SECRET")]
unsafe extern "C" {
    fn secret();
}

fn main() {
    // SAFETY: it is never linked.
    unsafe { secret() };
}
