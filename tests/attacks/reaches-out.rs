//! Tries every way to the record, the trace or PID 1.
use std::fs::File;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, setuid};

fn main() {
    let open = |path: &str| match File::options().read(true).open(path) {
        Ok(_) => println!("read {path}: allowed"),
        Err(e) => println!("read {path}: {:?}", Errno::from_raw(e.raw_os_error().unwrap())),
    };
    let write = |path: &str| match File::options().write(true).open(path) {
        Ok(_) => println!("write {path}: allowed"),
        Err(e) => println!("write {path}: {:?}", Errno::from_raw(e.raw_os_error().unwrap())),
    };
    write("/sys/bus/pci/devices/0000:00:06.0/resource2");
    open("/sys/bus/pci/devices/0000:00:05.0/resource2");
    write("/sys/bus/pci/devices/0000:00:07.0/resource0");
    open("/lab/job.json");
    open("/proc/1/mem");
    // The values that vary with the seed are here.
    let arguments = format!("/proc/{}/cmdline", Pid::parent());
    match std::fs::read(arguments) {
        Ok(_) => println!("read the harness's arguments: allowed"),
        Err(e) => {
            let errno = Errno::from_raw(e.raw_os_error().unwrap());
            println!("read the harness's arguments: {errno:?}");
        }
    }
    open("/dev/mem");
    write("/dev/kmsg");
    write("/sys/kernel/tracing/trace_marker");
    write("/sys/kernel/tracing/tracing_on");
    open("/run/output");
    println!("kill 1: {:?}", kill(Pid::from_raw(1), Signal::SIGKILL));
    println!("kill the harness: {:?}", kill(Pid::parent(), Signal::SIGKILL));
    println!("setuid 0: {:?}", setuid(0.into()));
}
