//! What happens when init fails?
//!
//! This program loads `kmods/module_init` again and again, and each time tells
//! its init at which step to fail. Look in the timeline at what init sets up,
//! at what it undoes, and at what finit_module(2) returns.
//!
//! Documented in init_module(2), which has finit_module(2) too, and in
//! delete_module(2); the kernel's side in kernel/module/main.c.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Read as _};

use marker::{check, mark};
use module_init::{KernelLog, MODULE_FILE, NAME, STEPS, edu, found, load, remove};
use nix::errno::Errno;
use nix::kmod::init_module;

/// What the module leaves in user space's sight when it is loaded.
const ALL: [&str; 8] = [
    "/sys/bus/pci/drivers",
    "/proc/interrupts",
    "/proc/devices",
    "/sys/class",
    "/sys/dev/char",
    "/dev",
    "/sys/module",
    "/proc/modules",
];
const NOTHING: [&str; 0] = [];

fn main() -> io::Result<()> {
    marker::open_trace();
    let mut log = KernelLog::open()?;
    init_succeeds()?;
    the_module_is_in_use()?;
    the_same_module_twice()?;
    each_step_fails()?;
    the_device_is_missing()?;
    init_returns_a_positive_value(&mut log)?;
    parameters(&mut log)?;
    a_symbol_is_missing(&mut log)?;
    the_licence_is_another(&mut log)
}

/// Six steps, and user space finds traces of them in eight places.
fn init_succeeds() -> io::Result<()> {
    check!("found before", found()?, NOTHING);
    mark!("1. init succeeds");
    load(c"")?;
    check!("found while loaded", found()?, ALL);
    mark!("1. and exit");
    remove(c"lab_module_init")?;
    check!("found after exit", found()?, NOTHING);
    println!("1. init returns 0: found in {} places; after exit in none", ALL.len());
    Ok(())
}

/// An open file counts as a user of the module, because of .owner; so does
/// another module that needs one of its symbols.
fn the_module_is_in_use() -> io::Result<()> {
    mark!("2. loads it again");
    load(c"")?;
    let mut file = File::open(format!("/dev/{NAME}"))?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    check!("what the file says", text, "hello\n");
    // One for the character device, one for the operations of the open file.
    check!("use count", use_count(NAME)?, 2);
    mark!("2. removal while a file is open");
    check!("removal while open", remove(c"lab_module_init"), Err(Errno::EWOULDBLOCK));
    check!("found after the refusal", found()?, ALL);
    println!("2. removal while a file is open (use count 2): EWOULDBLOCK");
    drop(file);
    check!("use count", use_count(NAME)?, 0);

    check!("use count of lab_trace", use_count("lab_trace")?, 1);
    mark!("2. removal of what it depends on");
    check!("removal of lab_trace", remove(c"lab_trace"), Err(Errno::EWOULDBLOCK));
    println!("   removal of lab_trace, whose symbols it uses: EWOULDBLOCK");
    Ok(())
}

/// The name is taken, and init is not even called.
fn the_same_module_twice() -> io::Result<()> {
    mark!("3. the same module twice");
    check!("loading it again", load(c""), Err(Errno::EEXIST));
    check!("found", found()?, ALL);
    mark!("3. end");
    remove(c"lab_module_init")?;
    println!("3. the same module twice: {}", Errno::EEXIST);
    Ok(())
}

/// At each step another errno, and each reaches this program unchanged.
fn each_step_fails() -> io::Result<()> {
    let errors =
        [Errno::ENOMEM, Errno::EIO, Errno::EBUSY, Errno::EEXIST, Errno::ENOSPC, Errno::EPERM];
    for (step, error) in (1..=STEPS).zip(errors) {
        let params = CString::new(format!("fail_at={step} error={}", error as i32))?;
        mark!("4. step {} fails: {}", step, error);
        check!("loading", load(&params), Err(error));
        check!("found after the failure", found()?, NOTHING);
        println!("4. step {step} of {STEPS} fails: finit_module {error:?}, found nothing");
    }
    Ok(())
}

/// The same without any pretence: edu is unplugged.
fn the_device_is_missing() -> io::Result<()> {
    fs::write(edu()?.join("remove"), "1")?;
    mark!("5. edu is missing");
    check!("loading without edu", load(c""), Err(Errno::ENODEV));
    check!("found after the failure", found()?, NOTHING);
    fs::write("/sys/bus/pci/rescan", "1")?;
    println!("5. edu is unplugged: {}, found nothing", Errno::ENODEV);
    Ok(())
}

/// Not every value but 0 is a failure.
fn init_returns_a_positive_value(log: &mut KernelLog) -> io::Result<()> {
    log.take()?;
    mark!("6. init returns 5");
    check!("loading", load(c"returns=5"), Ok(()));
    check!("found", found()?, ALL);
    let said = "do_init_module: 'lab_module_init'->init suspiciously returned 5, \
                it should follow 0/-E convention";
    let messages = log.take()?;
    check!("a warning", messages.iter().any(|message| message.starts_with(said)), true);
    let stack = messages.iter().any(|message| message.contains("do_init_module+"));
    check!("a stack in the log", stack, true);
    mark!("6. end");
    remove(c"lab_module_init")?;
    println!("6. init returns 5: finit_module returns 0, and all is there");
    println!("   the kernel's log: suspiciously returned 5, and a stack");
    Ok(())
}

/// A value that is none stops the loading; a parameter that is none does not.
fn parameters(log: &mut KernelLog) -> io::Result<()> {
    mark!("7. fail_at=never");
    check!("a bad value", load(c"fail_at=never"), Err(Errno::EINVAL));
    check!("found", found()?, NOTHING);
    println!("7. parameter fail_at=never: {}", Errno::EINVAL);

    log.take()?;
    mark!("7. fial_at=1: not a parameter");
    check!("an unknown parameter", load(c"fial_at=1"), Ok(()));
    let said = "lab_module_init: unknown parameter 'fial_at' ignored";
    check!("a warning", log.take()?.iter().any(|message| message == said), true);
    mark!("7. end");
    remove(c"lab_module_init")?;
    println!("   parameter fial_at=1, misspelt: loads; the log has a warning");
    Ok(())
}

/// The module's own image, but for one letter: it now asks for "kstrdap".
fn a_symbol_is_missing(log: &mut KernelLog) -> io::Result<()> {
    let image = changed(b"\0kstrdup\0", b"\0kstrdap\0")?;
    log.take()?;
    mark!("8. a symbol is missing");
    check!("loading", init_module(&image, c""), Err(Errno::ENOENT));
    check!("the log", unknown_symbols(log)?, ["kstrdap"]);
    check!("found", found()?, NOTHING);
    println!("8. the symbol kstrdap is missing: {}", Errno::ENOENT);
    println!("   the log: Unknown symbol kstrdap (err -2)");
    Ok(())
}

/// The module's own image, but for its licence: symbols that are exported for
/// GPL modules only are missing for it, and the kernel remembers.
fn the_licence_is_another(log: &mut KernelLog) -> io::Result<()> {
    let image = changed(b"license=GPL\0", b"license=XYZ\0")?;
    let before = tainted()?;
    log.take()?;
    mark!("9. the licence is another");
    check!("loading", init_module(&image, c""), Err(Errno::ENOENT));
    let missing = unknown_symbols(log)?;
    let for_gpl_only = missing.iter().any(|symbol| symbol == "class_create");
    check!("class_create, for GPL modules only", for_gpl_only, true);
    let for_all = missing.iter().any(|symbol| symbol == "kstrdup");
    check!("kstrdup, for all modules", for_all, false);
    check!("found", found()?, NOTHING);
    println!("9. MODULE_LICENSE(\"XYZ\"): {}", Errno::ENOENT);
    println!("   class_create and {} more are unknown to it", missing.len() - 1);

    // Bit 0, 'P': a module that is not GPL. That it was refused does not
    // matter, and only a reboot clears it.
    check!("taints", tainted()?, before | 1);
    println!("   the kernel is tainted: {before} before, {} for ever", tainted()?);
    Ok(())
}

/// The module's image with one string in the place of another, wherever it
/// stands: a name may be in the debug information as well.
fn changed(from: &[u8], to: &[u8]) -> io::Result<Vec<u8>> {
    let mut image = fs::read(MODULE_FILE)?;
    let at: Vec<usize> = image
        .windows(from.len())
        .enumerate()
        .filter_map(|(at, window)| (window == from).then_some(at))
        .collect();
    if at.is_empty() {
        return Err(io::ErrorKind::NotFound.into());
    }
    for at in at {
        image[at..at + to.len()].copy_from_slice(to);
    }
    Ok(image)
}

/// The symbols that the log says the module lacks.
fn unknown_symbols(log: &mut KernelLog) -> io::Result<Vec<String>> {
    let messages = log.take()?;
    let symbols = messages.iter().filter_map(|message| {
        let symbol = message.strip_prefix("lab_module_init: Unknown symbol ")?;
        symbol.strip_suffix(" (err -2)").map(str::to_owned)
    });
    Ok(symbols.collect())
}

/// How many open files and modules keep a module from being removed: the third
/// word of its line.
fn use_count(module: &str) -> io::Result<u32> {
    let modules = fs::read_to_string("/proc/modules")?;
    let line = modules.lines().find(|line| line.split(' ').next() == Some(module));
    let count = line.and_then(|line| line.split(' ').nth(2)?.parse().ok());
    count.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn tainted() -> io::Result<u64> {
    let text = fs::read_to_string("/proc/sys/kernel/tainted")?;
    text.trim().parse().map_err(|_| io::ErrorKind::InvalidData.into())
}
