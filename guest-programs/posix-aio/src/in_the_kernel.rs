//! Kernel AIO: io_submit(2) and an eventfd (fs/aio.c).

pub mod kernel_aio_reads_a_file;
pub mod kernel_aio_waits_for_a_pipe;
