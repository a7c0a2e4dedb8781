//! The accounts in their file, as the harness sees them.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};

use marker::mark;

/// Where the file is.
pub const FILE: &str = "/tmp/accounts";

/// What is in both accounts together.
const TOTAL: i64 = 1000;

pub struct Accounts {
    file: File,
    /// What each process transfers.
    amount: i64,
    /// How many transfers have ended well.
    pub done: i64,
}

impl Accounts {
    /// An empty file, which any process may write.
    pub fn create(amount: i64) -> io::Result<Accounts> {
        let file = File::options().read(true).write(true).create_new(true).open(FILE)?;
        file.set_len(4096)?;
        let mut permissions = file.metadata()?.permissions();
        permissions.set_mode(0o666);
        file.set_permissions(permissions)?;
        Ok(Accounts { file, amount, done: 0 })
    }

    /// Tells whether the total is right, and whether what was transferred is still there.
    pub fn tell(&self, step: u32) -> io::Result<()> {
        let mut bytes = [[0; 8]; 2];
        self.file.read_exact_at(bytes.as_flattened_mut(), 0)?;
        let [left, right] = bytes.map(i64::from_ne_bytes);
        if left + right != TOTAL {
            mark!("{}. the total is {}", step, left + right);
        } else if right < self.done * self.amount {
            mark!("{}. transfers are lost", step);
        } else {
            mark!("{}. the total is right", step);
        }
        Ok(())
    }
}
