//! QEMU's command line, each flag with its reason.
//!
//! [`saved`] is the machine in a checkpoint; [`added`] is what a job adds to it. A cold
//! boot has both from the start.

use protocol::session::SESSION_SLOT;
use protocol::{
    CHECKPOINT_PARAMETER, PAYLOAD_SLOT, PVPANIC_SLOT, RECORD_SLOT, SETTLE_PARAMETER, WATCHDOG_SLOT,
};
use serde::{Deserialize, Serialize};

use super::room::Room;

/// One flag of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The flag and its value, as words of the command line.
    pub words: Vec<String>,
    /// Why it is there.
    pub reason: &'static str,
}

/// The machine's files: paths for QEMU, or names for people in a plan.
#[derive(Debug, Clone)]
pub struct Files {
    pub kernel: String,
    pub initramfs: String,
    pub log: String,
    pub payload: String,
    pub record: String,
    /// The descriptor of the monitor's socket.
    pub monitor: String,
    /// The descriptor of the socket for the host's access to memory.
    pub qtest: String,
    /// The file for QEMU's log of register accesses.
    pub registers: String,
    /// The descriptor of the socket of a session.
    pub session: String,
    /// The descriptor of the socket that listens for a debugger.
    pub debugger: String,
}

impl Files {
    /// Names that stand for the files.
    pub fn named() -> Files {
        Files {
            kernel: "<vmlinux>".to_owned(),
            initramfs: "<initramfs>".to_owned(),
            log: "<kernel log>".to_owned(),
            payload: "<payload>".to_owned(),
            record: "<record>".to_owned(),
            monitor: "<monitor>".to_owned(),
            qtest: "<qtest>".to_owned(),
            registers: "<register log>".to_owned(),
            session: "<session>".to_owned(),
            debugger: "<debugger>".to_owned(),
        }
    }
}

/// A device that only some machines have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// QEMU's educational PCI device (docs/specs/edu.rst in QEMU).
    Edu,
    /// Host access to the guest's memory. When the guest sets pvpanic's crash-loaded bit
    /// to say that it is ready, the host makes edu interrupt.
    HostAccess,
    /// Not a device, but QEMU's log of the kernel's reads and writes of all device
    /// registers. It changes nothing in the guest.
    RegisterLog,
}

/// What executes the guest's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accel {
    /// QEMU's emulation, with a virtual clock that counts instructions.
    Tcg {
        /// An instruction takes 2^`shift` ns: QEMU's `-icount shift`. Another value makes
        /// the guest's processor seem faster or slower.
        shift: u8,
    },
    /// The host's processor. Faster on long work; its timing is not
    /// reproducible.
    Kvm,
}

impl Accel {
    /// Emulation at the lab's usual speed, 31 million instructions a second. A lesson's
    /// sleeps are then about as long as its work.
    pub const TCG: Accel = Accel::Tcg { shift: 5 };

    /// As `--accel` has it.
    pub fn name(self) -> &'static str {
        match self {
            Accel::Tcg { .. } => "tcg",
            Accel::Kvm => "kvm",
        }
    }
}

/// What the guest's clock does while the guest is idle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// It jumps to the next timer: a sleep takes no host time, and every run is the same.
    Skips,
    /// It follows the host's clock. Otherwise every time-out would expire at once while a
    /// program waits for a person's input.
    FollowsHost,
}

/// How a machine starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// It boots and runs its job.
    Cold,
    /// It boots and stops itself, to be saved.
    Save,
    /// It resumes from where it was saved.
    Restore,
}

/// Space that QEMU reserves for translated code, MiB. QEMU's default of 1 GiB is more
/// address space than some sessions allow. A lesson fills a fraction of it. If it fills
/// up, QEMU starts over, and the guest does not notice.
const TRANSLATIONS_MIB: u32 = 64;

/// Size of the record's device, bytes.
pub const RECORD_BYTES: u64 = 32 << 20;

fn flag(words: &[&str], reason: &'static str) -> Flag {
    Flag { words: words.iter().map(|&word| word.to_owned()).collect(), reason }
}

/// Kernel parameters, each with its reason.
pub fn kernel_parameters(accel: Accel, start: Start) -> Vec<(&'static str, &'static str)> {
    let mut parameters = vec![
        ("console=ttyS0", "the kernel log leaves by the first serial port"),
        ("quiet", "only warnings go to the console: each character costs an exit to QEMU"),
        ("norandmaps", "a program's addresses are the same in every run"),
        ("noapic", "INTx through the PIC, routed by the firmware's $PIR table: no ACPI needed"),
        ("random.trust_cpu=on", "the random pool is ready at boot, from the seeded RDRAND"),
        ("panic=-1", "a panic ends the machine at once"),
        ("reboot=pci", "one port write ends the machine: no keyboard controller is waited for"),
    ];
    if let Accel::Tcg { .. } = accel {
        parameters
            .push(("tsc=reliable", "the instruction counter is the clock; nothing watches it"));
    }
    if start != Start::Cold {
        if let Accel::Tcg { .. } = accel {
            parameters.push((
                SETTLE_PARAMETER,
                "PID 1 first waits, by the guest's clock, until the kernel's own work is rare",
            ));
        }
        parameters.push((CHECKPOINT_PARAMETER, "PID 1 stops the machine when it is ready"));
    }
    parameters
}

/// The machine that a checkpoint holds.
pub fn saved(accel: Accel, room: Room, start: Start, files: &Files) -> Vec<Flag> {
    let mut flags = machine(accel, room.memory_mib);
    flags.extend(host(files));
    let parameters: Vec<&str> =
        kernel_parameters(accel, start).iter().map(|&(parameter, _)| parameter).collect();
    flags.push(flag(
        &["-kernel", &files.kernel],
        "vmlinux itself by its PVH entry: nothing to decompress",
    ));
    flags.push(flag(&["-initrd", &files.initramfs], "PID 1, the same for every lesson"));
    flags.push(flag(&["-append", &parameters.join(" ")], "kernel parameters"));
    flags
}

fn machine(accel: Accel, memory_mib: u32) -> Vec<Flag> {
    let mut flags = vec![
        flag(&["-nodefaults"], "no device but those named here"),
        flag(&["-no-user-config"], "nothing of the host's configuration gets in"),
        flag(
            &["-M", "pc,acpi=off,hpet=off,vmport=off,smm=off"],
            "the smallest PC with a PCI bus and a PIIX3 interrupt router",
        ),
    ];
    flags.extend(match accel {
        Accel::Tcg { shift } => vec![
            flag(
                &["-accel", &format!("tcg,tb-size={TRANSLATIONS_MIB}")],
                "emulation: the same on every host; tb-size limits memory for translated code",
            ),
            flag(&["-cpu", "qemu64,+rdrand"], "a processor that does not depend on the host's"),
            flag(
                &["-icount", &format!("shift={shift},sleep=off,align=off")],
                "an instruction takes a fixed time (2^shift ns), and idle time is skipped: \
                 timestamps repeat exactly",
            ),
            flag(
                &["-rtc", "base=2026-01-01T00:00:00,clock=vm"],
                "the date is the same in every run",
            ),
        ],
        Accel::Kvm => vec![
            flag(&["-accel", "kvm"], "the host's processor: fast, timing not reproducible"),
            flag(&["-cpu", "host"], "the host's processor with all its features"),
            flag(&["-rtc", "base=2026-01-01T00:00:00,clock=vm"], "the date at boot is fixed"),
        ],
    });
    flags.extend([
        flag(&["-seed", "1"], "QEMU's random numbers are the same in every run"),
        flag(&["-m", &memory_mib.to_string()], "enough for a lesson, little to save and restore"),
        flag(
            &["-device", &format!("pvpanic-pci,addr={}", slot(PVPANIC_SLOT))],
            "tells the host about a panic; PID 1 uses it to stop the machine",
        ),
        flag(&["-action", "panic=pause"], "a panicked machine stays, to be looked at"),
        flag(
            &["-device", &format!("i6300esb,addr={}", slot(WATCHDOG_SLOT))],
            "counts the guest's time: a machine that runs away ends the same on every host",
        ),
        flag(&["-action", "watchdog=pause"], "the host hears about it"),
    ]);
    flags
}

fn host(files: &Files) -> Vec<Flag> {
    vec![
        flag(&["-display", "none"], "no screen"),
        flag(&["-no-reboot"], "a reset ends QEMU: that is how the guest powers off"),
        flag(
            &[
                "-sandbox",
                "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            ],
            "QEMU may not start programs or change its user, whatever the guest makes it do",
        ),
        flag(
            &["-chardev", &format!("file,id=log,path={}", files.log)],
            "the kernel log goes to a file: no reader can hold it up",
        ),
        flag(&["-serial", "chardev:log"], "the guest's first serial port"),
        flag(
            &["-chardev", &format!("socket,id=monitor,fd={}", files.monitor)],
            "QMP through an inherited socket: no name to collide with",
        ),
        flag(&["-mon", "chardev=monitor,mode=control"], "QMP says how the machine ended"),
    ]
}

/// What a job adds to the saved machine.
pub fn added(devices: &[Device], room: Room, start: Start, files: &Files) -> Vec<Flag> {
    let mut flags = vec![
        flag(
            &[
                "-object",
                &format!(
                    "memory-backend-file,id=payload,mem-path={},size={},share=off",
                    files.payload, room.payload_bytes
                ),
            ],
            "programs, modules and the job are in memory before the clock runs",
        ),
        flag(
            &["-device", &format!("ivshmem-plain,memdev=payload,addr={}", slot(PAYLOAD_SLOT))],
            "the guest sees them as a PCI device's memory",
        ),
        flag(
            &[
                "-object",
                &format!(
                    "memory-backend-file,id=record,mem-path={},size={RECORD_BYTES},share=on",
                    files.record
                ),
            ],
            "the host reads the record from memory after the run",
        ),
        flag(
            &["-device", &format!("ivshmem-plain,memdev=record,addr={}", slot(RECORD_SLOT))],
            "where PID 1 writes it",
        ),
    ];
    for device in devices {
        flags.extend(match device {
            Device::Edu => {
                vec![flag(&["-device", "edu,addr=0x4"], "the device that interrupts (1234:11e8)")]
            }
            Device::HostAccess => vec![
                flag(
                    &["-chardev", &format!("socket,id=qtest,fd={}", files.qtest)],
                    "the host reaches the guest's memory through an inherited socket",
                ),
                flag(
                    &["-object", "qtest,id=qtest,chardev=qtest"],
                    "an interrupt that nothing in the guest caused",
                ),
            ],
            Device::RegisterLog => vec![
                flag(&["-D", &files.registers], "what QEMU traces goes to a file"),
                flag(&["-trace", "memory_region_ops_read"], "what the kernel reads from registers"),
                flag(&["-trace", "memory_region_ops_write"], "what it writes to them"),
            ],
        });
    }
    if start == Start::Restore {
        flags.push(flag(
            &["-incoming", "defer"],
            "resumes from the checkpoint, which QMP names, instead of booting",
        ));
        flags.push(flag(&["-S"], "waits until the whole checkpoint is read"));
    }
    flags
}

/// What a session adds to that.
pub fn session(clock: Clock, files: &Files) -> Vec<Flag> {
    let mut flags = vec![
        flag(
            &["-device", &format!("virtio-serial-pci,addr={},ioeventfd=off", slot(SESSION_SLOT))],
            "carries the program's streams; each write reaches the host at its instruction",
        ),
        flag(
            &["-chardev", &format!("socket,id=session,fd={}", files.session)],
            "the host's end: an inherited socket",
        ),
        flag(&["-device", "virtserialport,chardev=session"], "the guest's end"),
    ];
    if clock == Clock::FollowsHost {
        flags.push(flag(
            &["-icount", "sleep=on"],
            "idle time follows the host's clock, because the program waits for the host's input",
        ));
    }
    flags
}

/// What a machine needs if its memory is to be read after its end.
pub fn kept() -> Vec<Flag> {
    vec![flag(&["-action", "shutdown=pause"], "its memory stays until the lab has read it")]
}

/// What a machine needs for a debugger.
pub fn debugged(files: &Files) -> Vec<Flag> {
    vec![
        flag(
            &["-chardev", &format!("socket,id=gdb,fd={},server=on,wait=off", files.debugger)],
            "an inherited listening socket: no port to collide with, and no other user can connect",
        ),
        flag(&["-gdb", "chardev:gdb"], "QEMU answers as a gdb server"),
        flag(
            &["-action", "shutdown=pause"],
            "a machine that has ended stays for inspection; gdb is told SIGQUIT",
        ),
    ]
}

/// Turns `0000:00:05.0` into `0x5`, the form of QEMU's `addr=`.
fn slot(address: &str) -> String {
    format!("0x{}", address[8..10].trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(accel: Accel) -> Vec<String> {
        let flags = saved(accel, Room::small(64), Start::Save, &Files::named());
        flags.into_iter().flat_map(|flag| flag.words).collect()
    }

    /// With KVM, the host's processor and clock count. The flags that make time repeat
    /// work only with TCG, and QEMU refuses them with KVM.
    #[test]
    fn only_tcg_counts_instructions() {
        let (tcg, kvm) = (words(Accel::TCG), words(Accel::Kvm));
        let after = |words: &[String], flag: &str| {
            words.iter().position(|word| word == flag).map(|at| words[at + 1].clone())
        };
        assert_eq!(after(&tcg, "-accel").as_deref(), Some("tcg,tb-size=64"));
        assert_eq!(after(&kvm, "-accel").as_deref(), Some("kvm"));
        assert_eq!(after(&tcg, "-icount").as_deref(), Some("shift=5,sleep=off,align=off"));
        assert_eq!(after(&kvm, "-icount"), None);
        assert_eq!(after(&tcg, "-cpu").as_deref(), Some("qemu64,+rdrand"));
        assert_eq!(after(&kvm, "-cpu").as_deref(), Some("host"));
        let reliable = |words: &[String]| after(words, "-append").unwrap().contains("tsc=reliable");
        assert_eq!((reliable(&tcg), reliable(&kvm)), (true, false));
    }

    /// Everything else is the same: KVM's checkpoint is made, found and restored like
    /// TCG's, under another key.
    #[test]
    fn both_are_saved_and_restored_alike() {
        for accel in [Accel::TCG, Accel::Kvm] {
            let words = words(accel);
            assert!(words.last().unwrap().ends_with(CHECKPOINT_PARAMETER));
            assert!(words.iter().any(|word| word.starts_with("pvpanic-pci")));
        }
        let restored = added(&[], Room::small(64), Start::Restore, &Files::named());
        assert!(restored.iter().any(|flag| flag.words == ["-incoming", "defer"]));
    }

    #[test]
    fn slots_are_the_protocols() {
        let slots = [SESSION_SLOT, PAYLOAD_SLOT, RECORD_SLOT, PVPANIC_SLOT];
        assert_eq!(slots.map(slot), ["0x3", "0x5", "0x6", "0x7"]);
    }
}
