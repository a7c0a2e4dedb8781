//! How large a machine is: its memory, and the device that holds its payload.
//!
//! The guest's files are in memory, and the kernel lets them take half of it. So the
//! memory follows from what is put into the machine. There are few sizes, each twice the
//! one before, so that machines share checkpoints. What is small has the smallest machine,
//! which is the lessons' own.

/// Size of the smallest payload device, bytes.
const PAYLOAD_BYTES: u64 = 32 << 20;

const PAGE: u64 = 4096;

/// What a file takes of a tar archive besides its content, bytes.
const HEADER: u64 = 1 << 10;

/// What the files may take of a machine's memory: a quarter. The kernel's limits, on bytes
/// and on the number of files, are at almost half, so none is met. The rest is for the
/// kernel, PID 1 and the program.
const SHARE: u64 = 4;

/// What the kernel and PID 1 need of the smallest machine, MiB, and of a larger one for each
/// MiB: a 64th for `struct page`, and as much again.
const SYSTEM_MIB: u64 = 24;
const SYSTEM_SHARE: u64 = 32;

/// Sizes of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Guest memory, MiB.
    pub memory_mib: u32,
    /// Size of the payload's device, bytes: a power of two, like any PCI BAR.
    pub payload_bytes: u64,
}

/// What a machine has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Memory that the guest's files take, bytes.
    pub memory: u64,
    /// Length of the payload, bytes.
    pub payload: u64,
    /// Memory that the program wants besides, bytes.
    pub program: u64,
}

impl Load {
    /// Adds a file, folder or link with content of this length.
    pub fn add(&mut self, len: u64) {
        // An inode with its name takes a fifth of a page. But the kernel also limits their
        // number, to half the number of pages.
        let pages = len.div_ceil(PAGE).saturating_add(1);
        self.memory = self.memory.saturating_add(pages.saturating_mul(PAGE));
        self.payload = self.payload.saturating_add(len).saturating_add(HEADER);
    }

    /// Takes the length of a payload that is packed. A file may have more content than its
    /// length says, as those of /proc have.
    pub fn packed(&mut self, payload: u64) {
        self.payload = payload;
        self.memory = self.memory.max(payload);
    }
}

impl Room {
    /// The room of a machine with little to hold.
    pub fn small(memory_mib: u32) -> Room {
        Room { memory_mib, payload_bytes: PAYLOAD_BYTES }
    }

    /// The least room, at least that of a small machine with `memory_mib`, for a load.
    /// `None` if no machine is as large.
    pub fn of(load: &Load, memory_mib: u32) -> Option<Room> {
        let small = Room::small(memory_mib);
        let sizes = std::iter::successors(Some(memory_mib), |mib| mib.checked_mul(2));
        let payload_bytes = load.payload.checked_next_power_of_two()?.max(small.payload_bytes);
        let memory_mib = sizes.into_iter().find(|&mib| holds(mib.into(), load))?;
        Some(Room { memory_mib, payload_bytes })
    }
}

fn holds(mib: u64, load: &Load) -> bool {
    let memory = mib << 20;
    let system = (SYSTEM_MIB << 20) + memory / SYSTEM_SHARE;
    let left = memory.saturating_sub(system).saturating_sub(load.memory);
    load.memory <= memory / SHARE && load.program <= left
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn memory_of(memory: u64, program: u64) -> Option<u32> {
        Room::of(&Load { memory, payload: memory, program }, 64).map(|room| room.memory_mib)
    }

    #[test]
    fn what_is_small_has_the_small_machine() {
        assert_eq!(Room::of(&Load::default(), 64), Some(Room::small(64)));
        assert_eq!(Room::of(&Load::default(), 256), Some(Room::small(256)));
        assert_eq!(memory_of(16 * MIB, 0), Some(64));
    }

    #[test]
    fn sizes_double() {
        assert_eq!(memory_of(16 * MIB + 1, 0), Some(128));
        assert_eq!(memory_of(100 * MIB, 0), Some(512));
        assert_eq!(memory_of(0, 38 * MIB), Some(64));
        assert_eq!(memory_of(0, 64 * MIB), Some(128));
        assert_eq!(memory_of(10 * MIB, 1024 * MIB), Some(2048));
        assert_eq!(memory_of(u64::MAX, 0), None);
        assert_eq!(memory_of(0, u64::MAX), None);
    }

    #[test]
    fn the_payloads_device_holds_it() {
        let device = |payload| {
            Room::of(&Load { payload, ..Load::default() }, 64).map(|room| room.payload_bytes)
        };
        assert_eq!(device(32 * MIB), Some(32 * MIB));
        assert_eq!(device(32 * MIB + 1), Some(64 * MIB));
        assert_eq!(device(u64::MAX), None);
    }

    #[test]
    fn empty_files_count() {
        let mut load = Load::default();
        (0..4096).for_each(|_| load.add(0));
        assert_eq!(Room::of(&load, 64).map(|room| room.memory_mib), Some(64));
        load.add(0);
        assert_eq!(Room::of(&load, 64).map(|room| room.memory_mib), Some(128));
    }
}
