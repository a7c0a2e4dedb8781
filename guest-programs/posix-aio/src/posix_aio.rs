//! POSIX AIO: glibc does it in user space, with threads of its own (rt/aio_misc.c).

pub mod a_thread_reads;
pub mod aio_cancel;
pub mod a_signal_from_ourselves;
pub mod a_function_in_a_new_thread;
pub mod three_notices_for_a_list;
pub mod a_list_that_fails;
pub mod a_blocked_signal_kills;
