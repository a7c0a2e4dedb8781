//! io_uring: two rings that are shared with the kernel (io_uring/io_uring.c).

pub mod io_uring_reads_a_pipe;
pub mod one_count_or_three;
