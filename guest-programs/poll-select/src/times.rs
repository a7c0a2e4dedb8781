//! Time-outs, and what select leaves of them.

use nix::libc::timeval;

/// Long enough that no call here ever waits for it to end.
pub const TEN_SECONDS: timeval = timeval { tv_sec: 10, tv_usec: 0 };
pub const ONE_MS: timeval = timeval { tv_sec: 0, tv_usec: 1000 };
pub const NO_TIME: timeval = timeval { tv_sec: 0, tv_usec: 0 };

pub fn micros(time: &timeval) -> i64 {
    time.tv_sec * 1_000_000 + time.tv_usec
}

/// Whether a call with ten seconds took some of them, but little.
pub fn is_part_of_ten_seconds(left: &timeval) -> bool {
    (9_900_000..10_000_000).contains(&micros(left))
}
