//! Parameters for the modules of a folder: each module gets those that it declares.

use std::path::{Path, PathBuf};

use explain::{ExitStatus, Explain};
use fs_err as fs;

use crate::error::Error;

/// No module has this parameter.
#[derive(Debug, thiserror::Error)]
#[error("no module of `{}` has a parameter `{name}`", folder.display())]
struct Unknown {
    folder: PathBuf,
    name: String,
}

impl Explain for Unknown {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Usage
    }
}

/// Splits `name=value other=value` among modules, in their order.
pub fn among(folder: &Path, modules: &[PathBuf], params: &str) -> Result<Vec<String>, Error> {
    let files: Vec<Vec<u8>> = modules.iter().map(fs::read).collect::<Result<_, _>>()?;
    let mut among = vec![String::new(); modules.len()];
    for param in params.split_whitespace() {
        let name = param.split('=').next().unwrap_or(param);
        let takers: Vec<usize> =
            (0..files.len()).filter(|&module| declares(&files[module], name)).collect();
        if takers.is_empty() {
            return Err(Unknown { folder: folder.to_owned(), name: name.to_owned() }.into());
        }
        for module in takers {
            let space = if among[module].is_empty() { "" } else { " " };
            among[module] += &format!("{space}{param}");
        }
    }
    Ok(among)
}

/// Whether a module declares a parameter, as modinfo(8) shows them. The kernel takes `-`
/// and `_` for the same.
fn declares(module: &[u8], name: &str) -> bool {
    let entry = format!("\0parmtype={}:", name.replace('-', "_"));
    module.windows(entry.len()).any(|bytes| bytes == entry.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_module_gets_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let modules = ["a", "b"].map(|name| folder.path().join(name));
        fs::write(&modules[0], "ELF\0parmtype=x:int\0parmtype=long_name:int\0").unwrap();
        fs::write(&modules[1], "ELF\0parmtype=x:int\0parmtype=y:charp\0").unwrap();
        let among = |params| among(Path::new("m"), &modules, params);
        assert_eq!(among("").unwrap(), ["", ""]);
        assert_eq!(among("y=a:b x=1 long-name=2").unwrap(), ["x=1 long-name=2", "y=a:b x=1"]);
        let error = among("x=1 z=2").unwrap_err().to_string();
        assert_eq!(error, "no module of `m` has a parameter `z`");
    }
}
