//! Error numbers, errno(3), and error numbers that never leave the kernel.

use nix::errno::Errno;

/// From include/linux/errno.h: codes by which a system call asks the kernel to restart
/// it, and other codes from that file.
const INTERNAL: &[(i32, &str)] = &[
    (512, "ERESTARTSYS"),
    (513, "ERESTARTNOINTR"),
    (514, "ERESTARTNOHAND"),
    (515, "ENOIOCTLCMD"),
    (516, "ERESTART_RESTARTBLOCK"),
    (517, "EPROBE_DEFER"),
    (524, "ENOTSUPP"),
    (529, "EIOCBQUEUED"),
];

/// The largest errno that a system call can return (include/linux/err.h).
const MAX: i64 = 4095;

/// The name of an error number, or `None` if it has none.
pub fn errno(number: i32) -> Option<String> {
    if let Some((_, name)) = INTERNAL.iter().find(|(n, _)| *n == number) {
        return Some((*name).to_owned());
    }
    match Errno::from_raw(number) {
        Errno::UnknownErrno => None,
        // The Debug form is the name of the constant.
        known => Some(format!("{known:?}")),
    }
}

/// The result of a system call: `-EINTR`, or a number. A large number is an address and
/// is shown in hexadecimal.
pub fn return_value(ret: i64) -> String {
    let error = (-MAX..0).contains(&ret).then(|| errno((-ret) as i32)).flatten();
    match error {
        Some(name) => format!("-{name}"),
        None if ret > i64::from(u32::MAX) => format!("{ret:#x}"),
        None => ret.to_string(),
    }
}

/// Whether `name` is the name of an error number.
pub fn is_errno(name: &str) -> bool {
    (1..=MAX as i32).any(|number| errno(number).is_some_and(|n| n == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returned_errors_have_names() {
        assert_eq!(return_value(-4), "-EINTR");
        assert_eq!(return_value(-11), "-EAGAIN");
        assert_eq!(return_value(-512), "-ERESTARTSYS");
        assert_eq!(return_value(-516), "-ERESTART_RESTARTBLOCK");
        assert_eq!(return_value(-4000), "-4000");
        assert_eq!(return_value(33), "33");
        assert_eq!(return_value(0x7fff_1234_5678), "0x7fff12345678");
    }

    #[test]
    fn misspelt_errors_are_known_as_such() {
        assert!(is_errno("EHWPOISON") && is_errno("ERESTARTNOHAND"));
        assert!(!is_errno("EINTERRUPTED"));
    }
}
