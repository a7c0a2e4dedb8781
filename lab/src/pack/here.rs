//! How this host differs from that of a pack's maker, and what follows from it.

use builder::kernel::Compiler;
use builder::pack::Pack;
use host::{MAKE, QEMU, RUSTC};

/// One line for each difference that a person should know.
pub fn differences(pack: &Pack, version: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let mut lines = Vec::new();
    match version(QEMU) {
        None => lines.push(missing(QEMU, "nothing runs")),
        Some(here) if here != pack.qemu => lines.push(format!(
            "the machine was saved by {}, and this is {here}: the first run saves it again",
            pack.qemu
        )),
        Some(_) => {}
    }
    let packed = pack.toolchain.get(RUSTC).map_or("", String::as_str);
    // The pack has more lines of it than the first.
    let packed = packed.split(';').next().unwrap_or(packed);
    match version(RUSTC) {
        None => lines.push(missing(RUSTC, "programs of exercises are not compiled")),
        Some(here) if here != packed => lines.push(format!(
            "the crates were compiled by {packed}, and this is {here}: the first check of an \
             exercise compiles them again"
        )),
        Some(_) => {}
    }
    let compiler = Compiler::default().program();
    match version(&compiler) {
        None => lines.push(missing(&compiler, "nothing of an exercise is compiled")),
        Some(here) if Some(here.as_str()) != pack.compiler.lines().next() => lines.push(format!(
            "the kernel was compiled by {}, and this is {here}: it compiles only the modules of \
             exercises",
            pack.compiler.lines().next().unwrap_or_default()
        )),
        Some(_) => {}
    }
    if version(MAKE).is_none() {
        lines.push(missing(MAKE, "modules of exercises are not compiled"));
    }
    lines
}

fn missing(name: &str, what: &str) -> String {
    let hint = match host::require(&[name]) {
        Err(error) => explain::Explain::hint(&error).unwrap_or_default(),
        Ok(()) => String::new(),
    };
    format!("there is no {name}, without which {what}; {hint}")
}

#[cfg(test)]
mod tests {
    use builder::host::toolchain::{LIBC, LINKER};

    use super::*;

    fn pack() -> Pack {
        let text = |text: &str| text.to_owned();
        let toolchain = [(RUSTC, "rustc 1.95.0 (a); host: x"), (LINKER, "gcc 12"), (LIBC, "1")];
        Pack {
            version: 1,
            lab: text("0.1.0"),
            host: text("Debian 12"),
            linux: text("6.12.117"),
            compiler: text("gcc 12\nas 2.40"),
            toolchain: toolchain.map(|(name, version)| (text(name), text(version))).into(),
            qemu: text("QEMU 7.2"),
        }
    }

    #[test]
    fn the_makers_host_differs_in_nothing() {
        let same = |name: &str| {
            let versions =
                [(QEMU, "QEMU 7.2"), (RUSTC, "rustc 1.95.0 (a)"), (LINKER, "gcc 12"), (MAKE, "4")];
            versions.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
        };
        assert_eq!(differences(&pack(), &same), Vec::<String>::new());
    }

    #[test]
    fn each_difference_has_one_line() {
        let other = |name: &str| (name != MAKE).then(|| format!("{name} 99"));
        let lines = differences(&pack(), &other);
        let expected = [
            "the machine was saved by QEMU 7.2, and this is qemu-system-x86_64 99: the first run \
             saves it again",
            "the crates were compiled by rustc 1.95.0 (a), and this is rustc 99: the first check \
             of an exercise compiles them again",
            "the kernel was compiled by gcc 12, and this is gcc 99: it compiles only the modules \
             of exercises",
        ];
        assert_eq!(lines[..3], expected);
        assert!(lines[3].starts_with("there is no make, without which modules of exercises"));
        assert_eq!(lines.len(), 4);
    }
}
