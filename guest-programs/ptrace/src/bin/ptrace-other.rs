//! The other program of ptrace: a traced child becomes it by execve(2).

use marker::mark;

fn main() {
    marker::open_trace();
    mark!("the other program begins");
}
