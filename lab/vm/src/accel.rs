//! Whether KVM works here.
//!
//! The device node alone proves nothing: it also exists if the processor has no
//! virtualisation or if this user may not open it.

use std::fs::OpenOptions;
use std::os::fd::AsRawFd;
use std::path::Path;

use explain::{ExitStatus, Explain};

/// The device node of KVM.
pub const KVM: &str = "/dev/kvm";

/// The only API version since Linux 2.6.22 (Documentation/virt/kvm/api.rst).
const API_VERSION: i32 = 12;

/// KVM was asked for, and cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`--accel kvm` does not work here: {reason}")]
pub struct NoKvm {
    pub reason: String,
}

impl Explain for NoKvm {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Unavailable
    }

    fn hint(&self) -> Option<String> {
        Some("leave `--accel kvm` out: emulation works everywhere".to_owned())
    }
}

// The argument must be 0. Without one, KVM would get whatever a register holds and refuse
// it.
nix::ioctl_write_int_bad!(kvm_get_api_version, nix::request_code_none!(0xAE, 0x00));

/// Asks KVM for its API version; the error says why KVM cannot be used.
pub fn probe_kvm(device: &Path) -> Result<(), NoKvm> {
    probe(device).map_err(|reason| NoKvm { reason })
}

fn probe(device: &Path) -> Result<(), String> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(device)
        .map_err(|e| format!("failed to open `{}`: {e}", device.display()))?;
    // SAFETY: the request reads and writes no memory, and the descriptor is open.
    match unsafe { kvm_get_api_version(file.as_raw_fd(), 0) } {
        Ok(API_VERSION) => Ok(()),
        Ok(other) => Err(format!("`{}` has API version {other}", device.display())),
        Err(e) => Err(format!("`{}` is no KVM: {e}", device.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_is_missing_is_named() {
        let error = probe(Path::new("/dev/no-such-device")).unwrap_err();
        assert_eq!(
            error,
            "failed to open `/dev/no-such-device`: No such file or directory (os error 2)"
        );
    }

    #[test]
    fn a_device_that_opens_but_is_no_kvm_is_refused() {
        let error = probe(Path::new("/dev/null")).unwrap_err();
        assert_eq!(error, "`/dev/null` is no KVM: ENOTTY: Not a typewriter");
    }
}
