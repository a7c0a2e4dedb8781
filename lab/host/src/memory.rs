//! How much memory the host has left.

use std::fs::read_to_string;

/// Memory that programs can get without others losing theirs, bytes: the kernel's estimate
/// (proc_meminfo(5)), or what is left of the control group's limit. `None` if the kernel
/// says neither.
pub fn available() -> Option<u64> {
    let meminfo = read_to_string("/proc/meminfo").unwrap_or_default();
    let number = |path: &str| read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let limit = number("/sys/fs/cgroup/memory.max");
    let left = limit.map(|limit| {
        limit.saturating_sub(number("/sys/fs/cgroup/memory.current").unwrap_or_default())
    });
    of_meminfo(&meminfo).into_iter().chain(left).min()
}

fn of_meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_estimate_is_read() {
        let text = "MemFree:   1 kB\nMemAvailable:   16842752 kB\nBuffers: 2 kB\n";
        assert_eq!(of_meminfo(text), Some(16842752 << 10));
        assert_eq!(of_meminfo("MemFree: 1 kB\n"), None);
        assert!(available().is_some_and(|bytes| bytes > 0));
    }
}
