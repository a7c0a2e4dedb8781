//! The modules of a folder, one by one: which of them can be built, what the others lack,
//! and in which order they are loaded.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;

use super::Failed;
use super::copy::files_below;

/// A module that a folder names.
#[derive(Debug)]
pub struct Part {
    /// Its path in the folder, without an extension.
    pub name: String,
    /// The names of its sources, without an extension.
    sources: Vec<String>,
    pub is_compiled: bool,
}

/// The modules that make found in a folder. For each, make leaves a file that lists its
/// objects, whether they compile or not (`cmd_mod`, scripts/Makefile.build).
pub fn found(folder: &Path) -> io::Result<Vec<Part>> {
    let mut parts = Vec::new();
    for path in files_below(folder)? {
        if path.extension().is_none_or(|ending| ending != "mod") {
            continue;
        }
        let objects = fs::read_to_string(folder.join(&path)).unwrap_or_default();
        let stem =
            |line: &str| Path::new(line).with_extension("").file_name().map(ToOwned::to_owned);
        let sources = objects.lines().filter_map(stem).map(|s| s.to_string_lossy().into_owned());
        parts.push(Part {
            name: path.with_extension("").display().to_string(),
            sources: sources.collect(),
            is_compiled: folder.join(path.with_extension("o")).is_file(),
        });
    }
    Ok(parts)
}

impl Part {
    /// The compiler's message about a module that does not compile.
    pub fn failed(&self, output: &str) -> Failed {
        let is_of_it = |line: &&str| {
            let named = |source: &String| {
                [".c:", ".h:", ".S:", ".o'"]
                    .iter()
                    .any(|end| line.contains(&format!("/{source}{end}")))
            };
            self.sources.iter().any(named)
        };
        let is_error = |line: &&str| line.contains("error: ") || line.contains("*** ");
        let line = output.lines().filter(is_error).find(is_of_it);
        let reason = line.map_or("it does not compile", |line| {
            line.split_once("error: ")
                .or_else(|| line.split_once("*** "))
                .map_or(line, |(_, it)| it)
        });
        Failed { module: self.name.clone(), reason: reason.trim_end_matches(".  Stop.").to_owned() }
    }

    /// modpost's message about what a module lacks (scripts/mod/modpost.c).
    pub fn lacks(&self, output: &str) -> Option<Failed> {
        let said = output.lines().filter_map(|line| line.strip_prefix("ERROR: modpost: "));
        let (mut symbols, mut other) = (Vec::new(), None);
        for line in said {
            let ours =
                [".ko", ".o"].iter().any(|end| line.contains(&format!("/{}{end}", self.name)));
            if !ours {
                continue;
            }
            match line.strip_prefix('"').and_then(|line| line.split_once('"')) {
                Some((symbol, _)) => symbols.push(format!("`{symbol}`")),
                None => other = other.or(Some(line.to_owned())),
            }
        }
        let reason = match symbols.is_empty() {
            false => format!("nobody has {}", symbols.join(", ")),
            true => other?,
        };
        Some(Failed { module: self.name.clone(), reason })
    }
}

/// Sorts modules so that each comes after those that it needs. Otherwise the order does
/// not change.
pub fn in_order(modules: Vec<PathBuf>) -> Vec<PathBuf> {
    let mut left: Vec<(PathBuf, Vec<String>)> = modules
        .into_iter()
        .map(|module| {
            let needs = depends(&fs::read(&module).unwrap_or_default());
            (module, needs)
        })
        .collect();
    let mut sorted = Vec::new();
    while !left.is_empty() {
        let waits =
            |needs: &[String]| left.iter().any(|(module, _)| needs.contains(&module_name(module)));
        // Two modules that need each other cannot be loaded in either order.
        let next = left.iter().position(|(_, needs)| !waits(needs)).unwrap_or(0);
        sorted.push(left.remove(next).0);
    }
    sorted
}

/// The name under which other modules know a module.
fn module_name(module: &Path) -> String {
    module.file_stem().unwrap_or_default().to_string_lossy().replace('-', "_")
}

/// The modules that a module needs, from `depends=` among its strings.
fn depends(module: &[u8]) -> Vec<String> {
    let list = module.split(|&byte| byte == 0).find_map(|text| text.strip_prefix(b"depends="));
    let list = String::from_utf8_lossy(list.unwrap_or_default()).into_owned();
    list.split(',').filter(|name| !name.is_empty()).map(|name| name.replace('-', "_")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str) -> Part {
        let sources = vec![name.rsplit('/').next().unwrap().to_owned()];
        Part { name: name.to_owned(), sources, is_compiled: false }
    }

    #[test]
    fn what_a_module_lacks_is_read_off_what_was_printed() {
        let output = "\
            /w/drv/gone.c:2:10: fatal error: linux/gone.h: No such file or directory\n\
            make[4]: *** [scripts/Makefile.build:243: /w/drv/gone.o] Error 1\n\
            make[3]: *** No rule to make target '/w/drv/typo.o', needed by '/w/drv/'.  Stop.\n";
        let reason = |name: &str| part(name).failed(output).reason;
        assert_eq!(reason("gone"), "linux/gone.h: No such file or directory");
        assert_eq!(reason("typo"), "No rule to make target '/w/drv/typo.o', needed by '/w/drv/'");
        assert_eq!(reason("other"), "it does not compile");

        let output = "\
            ERROR: modpost: \"gpio_a\" [/w/drv/gpio.ko] undefined!\n\
            ERROR: modpost: \"gpio_b\" [/w/drv/gpio.ko] undefined!\n\
            ERROR: modpost: missing MODULE_LICENSE() in /w/drv/sub/free.o\n";
        let reason = |name: &str| part(name).lacks(output).map(|failed| failed.reason);
        assert_eq!(reason("gpio").as_deref(), Some("nobody has `gpio_a`, `gpio_b`"));
        let license = "missing MODULE_LICENSE() in /w/drv/sub/free.o";
        assert_eq!(reason("sub/free").as_deref(), Some(license));
        assert_eq!(reason("pio"), None);
    }

    #[test]
    fn a_module_comes_behind_those_that_it_needs() {
        let folder = tempfile::tempdir().unwrap();
        let module = |name: &str, needs: &str| {
            let path = folder.path().join(name);
            fs::write(&path, format!("\x7fELF\0name=x\0depends={needs}\0")).unwrap();
            path
        };
        let user = module("a-user.ko", "the_base,elsewhere");
        let [other, base] = [module("other.ko", ""), module("the-base.ko", "")];
        let sorted = in_order(vec![user.clone(), other.clone(), base.clone()]);
        assert_eq!(sorted, [other, base, user]);
        let [one, two] = [module("one.ko", "two"), module("two.ko", "one")];
        assert_eq!(in_order(vec![one.clone(), two.clone()]), [one, two]);
    }
}
