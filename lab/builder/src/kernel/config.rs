//! The kernel's configuration: turns fragments into a checked `.config`.
//!
//! `olddefconfig` silently drops a symbol whose dependencies are not met, so we check
//! every requested symbol afterwards.

use fs_err as fs;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{KernelError, Unmet};

/// Values by symbol. A symbol that is missing or `n` is not set.
pub type Values = BTreeMap<String, String>;

/// Reads the values that fragments request. If two disagree, the later one counts.
pub fn read(fragments: &[PathBuf]) -> Result<Values, KernelError> {
    let mut values = Values::new();
    for path in fragments {
        let text = fs::read_to_string(path)?;
        let fragment =
            parse(&text).map_err(|line| KernelError::Fragment { path: path.clone(), line })?;
        values.extend(fragment);
    }
    Ok(values)
}

/// Appends fragments to a `.config`. The last value of a symbol counts.
pub fn append(config: &Path, fragments: &[PathBuf]) -> Result<(), KernelError> {
    let mut file = fs::OpenOptions::new().append(true).open(config)?;
    for fragment in fragments {
        file.write_all(fs::read_to_string(fragment)?.as_bytes())?;
    }
    Ok(())
}

/// Returns the symbols whose value in a `.config` is not the requested one.
pub fn unmet(wanted: &Values, config: &Path) -> Result<Vec<Unmet>, KernelError> {
    let text = fs::read_to_string(config)?;
    let found =
        parse(&text).map_err(|line| KernelError::Fragment { path: config.to_owned(), line })?;
    Ok(compare(wanted, &found))
}

/// Checks that every symbol in a `.config` has its requested value. If not, the error
/// quotes the dependencies found in `source`.
pub fn check(wanted: &Values, source: &Path, config: &Path) -> Result<(), KernelError> {
    let unmet = unmet(wanted, config)?;
    if unmet.is_empty() {
        return Ok(());
    }
    let depends = unmet.iter().flat_map(|u| dependencies(source, &u.symbol)).collect();
    Err(KernelError::Config { unmet, depends })
}

/// Parses a `.config` or a fragment. The error is the number of a line that is neither a
/// symbol nor a comment.
fn parse(text: &str) -> Result<Values, usize> {
    let mut values = Values::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_end();
        let not_set = line.strip_prefix("# ").and_then(|rest| rest.strip_suffix(" is not set"));
        if let Some(symbol) = not_set.filter(|symbol| is_symbol(symbol)) {
            values.insert(symbol.to_owned(), "n".to_owned());
        } else if let Some((symbol, value)) = line.split_once('=').filter(|(s, _)| is_symbol(s)) {
            values.insert(symbol.to_owned(), value.to_owned());
        } else if !line.is_empty() && !line.starts_with('#') {
            return Err(index + 1);
        }
    }
    Ok(values)
}

fn is_symbol(text: &str) -> bool {
    text.strip_prefix("CONFIG_").is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    })
}

fn compare(wanted: &Values, found: &Values) -> Vec<Unmet> {
    wanted
        .iter()
        .filter_map(|(symbol, wanted)| {
            let found = found.get(symbol).map_or("n", String::as_str);
            (found != wanted).then(|| Unmet {
                symbol: symbol.clone(),
                wanted: wanted.clone(),
                found: found.to_owned(),
            })
        })
        .collect()
}

/// A symbol's dependencies according to the kernel's Kconfig files.
fn dependencies(source: &Path, symbol: &str) -> Vec<String> {
    let name = symbol.trim_start_matches("CONFIG_");
    let mut files = Vec::new();
    kconfig_files(source, &mut files);
    files.sort();
    let lines = |file: &PathBuf| {
        let text = fs::read_to_string(file).unwrap_or_default();
        depends_on(&text, name)
    };
    files
        .iter()
        .flat_map(|file| {
            let place = file.strip_prefix(source).unwrap_or(file).display();
            let line = |line| format!("{symbol} {line} ({place})");
            lines(file).into_iter().map(line).collect::<Vec<_>>()
        })
        .collect()
}

/// Collects Kconfig files. Ignores errors, because the files only improve an error
/// message.
fn kconfig_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_kconfig = entry.file_name().to_string_lossy().starts_with("Kconfig");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => kconfig_files(&entry.path(), files),
            Ok(kind) if kind.is_file() && is_kconfig => files.push(entry.path()),
            _ => {}
        }
    }
}

/// The lines of a Kconfig file with a symbol's dependencies.
fn depends_on(text: &str, name: &str) -> Vec<String> {
    let is_ours = |line: &str| {
        ["config ", "menuconfig "].iter().any(|word| line.strip_prefix(word) == Some(name))
    };
    text.lines()
        .skip_while(|line| !is_ours(line.trim()))
        .skip(1)
        // The entry ends at the next line that is not indented.
        .take_while(|line| line.is_empty() || line.starts_with([' ', '\t']))
        .map(str::trim)
        .filter(|line| line.starts_with("depends on ") || line.starts_with("def_bool "))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use explain::Explain;

    use super::*;

    const FRAGMENT: &str = "# Prose = prose, which is not set\n\nCONFIG_PCI=y\n\
                            # CONFIG_SMP is not set\nCONFIG_NR=4\nCONFIG_NAME=\"a b\"\n";

    #[test]
    fn a_fragment_is_symbols_and_prose() {
        let values = parse(FRAGMENT).unwrap();
        let expected = [
            ("CONFIG_NAME", "\"a b\""),
            ("CONFIG_NR", "4"),
            ("CONFIG_PCI", "y"),
            ("CONFIG_SMP", "n"),
        ];
        assert!(values.iter().map(|(s, v)| (s.as_str(), v.as_str())).eq(expected));
        assert_eq!(parse("CONFIG_A=y\nPCI=y\n"), Err(2));
    }

    #[test]
    fn what_is_unmet_is_named_with_its_dependencies() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join(".config");
        fs::write(&config, "CONFIG_SMP=y\nCONFIG_NR=4\nCONFIG_NAME=\"a b\"\n").unwrap();
        fs::create_dir(folder.path().join("pci")).unwrap();
        let kconfig = "config X\n\tbool\n\nconfig PCI\n\tbool \"PCI\"\n\n\tdepends on MMU\n\
                       \thelp\n\t  No.\nconfig Y\n\tdepends on Z\n";
        fs::write(folder.path().join("pci/Kconfig"), kconfig).unwrap();

        let error = check(&parse(FRAGMENT).unwrap(), folder.path(), &config).unwrap_err();
        assert_eq!(
            error.to_string(),
            "failed to configure the kernel: CONFIG_PCI was asked for as y, but is not set after \
             olddefconfig; CONFIG_SMP was asked for as n, but is y after olddefconfig"
        );
        assert_eq!(error.hint().unwrap(), "see Kconfig: CONFIG_PCI depends on MMU (pci/Kconfig)");
    }

    #[test]
    fn later_fragments_win_and_are_appended_last() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name| folder.path().join(name);
        fs::write(path("a"), "CONFIG_A=y\nCONFIG_B=y\n").unwrap();
        fs::write(path("b"), "# CONFIG_A is not set\n").unwrap();
        fs::write(path(".config"), "CONFIG_C=y\n").unwrap();
        let fragments = [path("a"), path("b")];
        let values = read(&fragments).unwrap();
        assert_eq!((values["CONFIG_A"].as_str(), values["CONFIG_B"].as_str()), ("n", "y"));
        append(&path(".config"), &fragments).unwrap();
        assert_eq!(
            fs::read_to_string(path(".config")).unwrap(),
            "CONFIG_C=y\nCONFIG_A=y\nCONFIG_B=y\n# CONFIG_A is not set\n"
        );
    }

    #[test]
    fn a_line_that_makes_no_sense_is_pointed_at() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        fs::write(&path, "CONFIG_A=y\nCONFIG B\n").unwrap();
        assert_eq!(
            read(std::slice::from_ref(&path)).unwrap_err().to_string(),
            format!(
                "failed to read `{}`: line 2 is neither a symbol nor a comment",
                path.display()
            )
        );
    }
}
