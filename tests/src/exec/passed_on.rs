//! A program's streams, arguments, environment and files, in and out.

use libtest_mimic::Failed;

use super::{Check, Fixture, exec, same};

pub const CHECKS: &[(&str, Check)] = &[
    ("streams-are-apart-and-exact", streams),
    ("a-mebibyte-comes-out-whole", mebibyte),
    ("stdin-comes-back-from-cat", stdin),
    ("input-that-nobody-reads-holds-nothing-up", unread_input),
    ("a-terminal-or-null-is-no-input", no_input),
    ("exit-statuses-are-passed-on", statuses),
    ("signals-are-128-and-more", signals),
    ("arguments-are-exact", arguments),
    ("the-environment-is-exact", environment),
    ("files-go-in-and-out", files),
];

fn streams(fixture: &Fixture) -> Result<(), Failed> {
    let up: Vec<u8> = (0..=255).collect();
    let down: Vec<u8> = (0..=255).rev().collect();
    same(&fixture.probe(&[], &["bytes"])?, 0, &up, &down)
}

fn mebibyte(fixture: &Fixture) -> Result<(), Failed> {
    let number = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
    let expected: Vec<u8> = (0..1 << 17).flat_map(number).collect();
    same(&fixture.probe(&[], &["many"])?, 0, &expected, b"")
}

/// Random-looking bytes: a fixed sequence that contains all values.
pub fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut step = || {
        // Knuth's MMIX generator. Its highest byte is good enough here.
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..len).map(|_| step()).collect()
}

fn stdin(_: &Fixture) -> Result<(), Failed> {
    let input = noise(500_000);
    same(&exec(&["--", "cat"], Some(&input))?, 0, &input, b"")?;
    same(&exec(&["--", "cat"], Some(b""))?, 0, b"", b"")
}

fn unread_input(fixture: &Fixture) -> Result<(), Failed> {
    let probe = fixture.probe.to_string_lossy().into_owned();
    same(&exec(&["--", &probe, "exit", "5"], Some(&noise(1_000_000)))?, 5, b"", b"")
}

fn no_input(_: &Fixture) -> Result<(), Failed> {
    same(&exec(&["--", "readlink", "/proc/self/fd/0"], None)?, 0, b"/dev/null\n", b"")
}

fn statuses(fixture: &Fixture) -> Result<(), Failed> {
    for status in [0, 1, 77, 255] {
        same(&fixture.probe(&[], &["exit", &status.to_string()])?, status, b"", b"")?;
    }
    Ok(())
}

fn signals(fixture: &Fixture) -> Result<(), Failed> {
    for signal in [1, 9, 11, 15, 34, 64] {
        let output = fixture.probe(&[], &["raise", &signal.to_string()])?;
        same(&output, 128 + signal, b"", b"")?;
    }
    Ok(())
}

fn arguments(fixture: &Fixture) -> Result<(), Failed> {
    let args = ["args", "", "a b", "two\nlines", "--flag", "$HOME", "*", "ü→", ""];
    let mut expected = fixture.probe.to_string_lossy().into_owned() + "\0";
    expected.extend(args.map(|arg| format!("{arg}\0")));
    same(&fixture.probe(&[], &args)?, 0, expected.as_bytes(), b"")
}

fn environment(fixture: &Fixture) -> Result<(), Failed> {
    let flags = ["--env", "Z=a=b c\n", "--env", "EMPTY=", "--env", "HOME=/x"];
    let expected = "EMPTY=\0HOME=/x\0PATH=/lab:/bin:/sbin:/usr/bin:/usr/sbin\0Z=a=b c\n\0";
    same(&fixture.probe(&flags, &["env"])?, 0, expected.as_bytes(), b"")
}

fn files(fixture: &Fixture) -> Result<(), Failed> {
    let content = noise(100_000);
    std::fs::create_dir_all(fixture.path("tree/below"))?;
    std::fs::write(fixture.path("tree/below/file"), &content)?;
    let carried = format!("{}:/some/where", fixture.path("tree").display());
    let fetched = format!("/tmp/copy:{}", fixture.path("back").display());
    let flags = ["--file", &carried, "--out", &fetched];
    let output = fixture.probe(&flags, &["copy", "/some/where/below/file", "/tmp/copy"])?;
    same(&output, 0, b"", b"")?;
    match std::fs::read(fixture.path("back"))? == content {
        true => Ok(()),
        false => Err("what came back is something else".into()),
    }
}
