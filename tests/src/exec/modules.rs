//! Modules that a person brings, and the device that they may drive.

use std::process::Command;

use libtest_mimic::Failed;

use super::{Check, Fixture, exec, module_folder, same};

pub const CHECKS: &[(&str, Check)] = &[
    ("modules-are-loaded-with-parameters", module),
    ("modules-are-built-and-loaded-in-order", module_source),
    ("a-module-that-does-not-build-is-shown", broken_module),
    ("edu-is-there-without-being-asked-for", edu),
];

/// A parameter of the second module. It shows what the first module told it.
const ASKED: &str = "/sys/module/greeter_module/parameters/asked";

fn module(fixture: &Fixture) -> Result<(), Failed> {
    let [base, greeter] = fixture.modules.as_slice() else {
        return Err(format!("{:?}", fixture.modules).into());
    };
    let (base, greeter) = (format!("{}:number=7", base.display()), greeter.to_string_lossy());
    let output = exec(&["--kmod", &base, "--kmod", &greeter, "--", "cat", ASKED], None)?;
    same(&output, 0, b"7\n", b"")?;
    // In the wrong order, the second module has nothing to ask.
    let output = exec(&["--kmod", &greeter, "--", "cat", ASKED], None)?;
    let text = String::from_utf8_lossy(&output.stderr);
    let told = "error: `cat` was not started: failed to load `greeter-module.ko`: ENOENT";
    match output.status.code() == Some(125)
        && text.starts_with(told)
        && text.contains("Unknown symbol base_number")
    {
        true => Ok(()),
        false => Err(format!("{}: {text}", output.status).into()),
    }
}

fn module_source(_: &Fixture) -> Result<(), Failed> {
    let folder = module_folder().display().to_string();
    let words = ["--kmod-src", &folder, "--", "cat", ASKED];
    exec(&words, None)?;
    // Nothing is built, and nothing is reported.
    same(&exec(&words, None)?, 0, b"1\n", b"")?;
    // Only one of the modules has this parameter.
    let with = format!("{folder}:number=7");
    same(&exec(&["--kmod-src", &with, "--", "cat", ASKED], None)?, 0, b"7\n", b"")?;
    let with = format!("{folder}:numbr=7");
    let said = format!("error: no module of `{folder}` has a parameter `numbr`\n");
    same(&exec(&["--kmod-src", &with, "--", "true"], None)?, 125, b"", said.as_bytes())
}

fn broken_module(fixture: &Fixture) -> Result<(), Failed> {
    std::fs::write(fixture.path("Kbuild"), "obj-m := broken.o\n")?;
    std::fs::write(fixture.path("broken.c"), "#error not today\n")?;
    let folder = fixture.folder.path().display().to_string();
    let output = exec(&["--kmod-src", &folder, "--", "true"], None)?;
    let text = String::from_utf8_lossy(&output.stderr);
    let message = format!("error: failed to build the module `{folder}`\n");
    if output.status.code() == Some(125) && text.contains(&message) && text.contains("not today") {
        return Ok(());
    }
    Err(format!("{}: {text}", output.status).into())
}

fn edu(_: &Fixture) -> Result<(), Failed> {
    let slot = "/sys/bus/pci/devices/0000:00:04.0";
    let (vendor, device) = (format!("{slot}/vendor"), format!("{slot}/device"));
    same(&exec(&["--", "cat", &vendor, &device], None)?, 0, b"0x1234\n0x11e8\n", b"")?;
    let help = Command::new(std::env::current_exe()?).args(["exec", "--help"]).output()?;
    let help =
        String::from_utf8_lossy(&help.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    match help.contains("PCI 1234:11e8 in the slot 0000:00:04.0") {
        true => Ok(()),
        false => Err(help.into()),
    }
}
