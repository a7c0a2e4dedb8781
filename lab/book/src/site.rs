//! The site, made by mdbook.
//!
//! mdbook is a program of its own, which this module has Cargo install into the cache. No
//! crate of the lab depends on it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use builder::cache::{Cache, CacheError, Key};
use builder::progress::Progress;
use explain::{ExitStatus as Status, Explain};
use fs_err as fs;
use host::{CHROMIUM, on_path};
use process::{Child, Command, Temporary};

use crate::{Book, figures};

/// The version of mdbook. Its licence is MPL-2.0.
const MDBOOK: &str = "0.5.4";

/// The file that says that a folder has a site of ours, which may be replaced.
const MARK: &str = ".upcall-book";

const CONFIG: &str = include_str!("book.toml");
const STYLE: &str = include_str!("book.css");

/// Why there is no site.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The error names the file.
    #[error(transparent)]
    File(#[from] io::Error),
    #[error("failed to run `{program}`: {source}")]
    Start { program: String, source: io::Error },
    #[error("`{program}` failed: {status}")]
    Failed { program: String, status: ExitStatus, output: String },
    #[error("the host has no {CHROMIUM}, which prints the book")]
    NoBrowser,
    #[error("`{}` has something else than the book in it", path.display())]
    Taken { path: PathBuf },
}

impl Explain for SiteError {
    fn exit_status(&self) -> Status {
        match self {
            SiteError::Taken { .. } => Status::Usage,
            SiteError::NoBrowser => Status::Unavailable,
            _ => Status::Build,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            SiteError::Taken { .. } => Some("name an empty folder, or one that is new".into()),
            SiteError::NoBrowser => Some("`cargo xtask doctor` says how to get it".into()),
            SiteError::Failed { program, .. } if program == "cargo" => {
                Some("mdbook comes from crates.io: is there a network?".into())
            }
            _ => None,
        }
    }

    fn details(&self) -> Option<&str> {
        match self {
            SiteError::Failed { output, .. } => Some(output),
            _ => None,
        }
    }
}

/// mdbook, from the cache. Cargo compiles it if the cache does not have it, which takes a
/// minute or two.
pub fn mdbook(cache: &Cache, progress: &dyn Progress) -> Result<PathBuf, SiteError> {
    let entry = cache.entry("mdbook", &key(), progress, |folder| {
        let _stage = progress.begin_at("mdbook", MDBOOK);
        let mut cargo = Command::new("cargo");
        // Unoptimised it is compiled in half the time, and takes a second for the book.
        cargo.args(["install", "mdbook", "--version", MDBOOK, "--locked", "--profile", "dev"]);
        cargo.arg("--root").arg(folder).current_dir(folder);
        cargo
            .env("CARGO_TARGET_DIR", folder.join("target"))
            .env("CARGO_PROFILE_DEV_DEBUG", "false");
        run("cargo", cargo)?;
        Ok::<(), SiteError>(fs::remove_dir_all(folder.join("target"))?)
    })?;
    Ok(entry.join("bin/mdbook"))
}

/// mdbook, if the cache already has it.
pub fn mdbook_of(cache: &Cache) -> Option<PathBuf> {
    Some(cache.find("mdbook", &key())?.join("bin/mdbook"))
}

fn key() -> Key {
    Key::builder("mdbook").text("version", MDBOOK).finish()
}

/// Writes everything that mdbook reads into a folder.
pub fn prepare(book: &Book, folder: &Path) -> Result<(), SiteError> {
    book.write(&folder.join("src"))?;
    let style = STYLE.to_owned() + &figures::style();
    for (name, text) in [("book.toml", CONFIG), ("book.css", &style)] {
        if fs::read_to_string(folder.join(name)).is_ok_and(|there| there == text) {
            continue;
        }
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// Makes the site from what [`prepare`] wrote, in a folder that is new, empty, or has an
/// older site.
pub fn build(mdbook: &Path, prepared: &Path, out: &Path) -> Result<(), SiteError> {
    let is_free = !out.exists()
        || out.join(MARK).exists()
        || out.read_dir().is_ok_and(|mut entries| entries.next().is_none());
    if !is_free {
        return Err(SiteError::Taken { path: out.to_owned() });
    }
    let out = std::path::absolute(out)?;
    let mut command = Command::new(mdbook);
    command.arg("build").arg("--dest-dir").arg(&out).arg(prepared);
    run("mdbook", command)?;
    Ok(fs::write(out.join(MARK), "made by `cargo xtask book`\n")?)
}

/// Starts mdbook's server, which shows what [`prepare`] wrote at a port of this host only. It
/// makes the site again, and has browsers load it again, whenever that changes.
pub fn serve(mdbook: &Path, prepared: &Path, port: u16) -> Result<Child, SiteError> {
    let mut command = Command::new(mdbook);
    command.args(["serve", "--hostname", "127.0.0.1", "--port", &port.to_string()]);
    command.arg(prepared);
    command.start().map_err(|source| SiteError::Start { program: "mdbook".to_owned(), source })
}

/// Prints a site into a file, by a browser without a window.
pub fn print(out: &Path, file: &Path) -> Result<(), SiteError> {
    if on_path(CHROMIUM).is_none() {
        return Err(SiteError::NoBrowser);
    }
    let (page, file) = (std::path::absolute(out.join("print.html"))?, std::path::absolute(file)?);
    // The browser's own folder.
    let own = Temporary::new()?;
    let mut command = Command::new(CHROMIUM);
    command.args(["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
    // Its sandbox does not work for root or in a container. It only sees our own page.
    command.args(["--no-sandbox", "--no-pdf-header-footer"]);
    command.arg(format!("--user-data-dir={}", own.path().display()));
    command.arg(format!("--print-to-pdf={}", file.display()));
    command.arg(format!("file://{}", page.display())).env("HOME", own.path());
    run(CHROMIUM, command)?;
    // It succeeds even if it could not write.
    fs::metadata(file)?;
    Ok(())
}

/// Runs a program to its end.
fn run(program: &str, command: Command) -> Result<(), SiteError> {
    let named = || program.to_owned();
    let output =
        command.output().map_err(|source| SiteError::Start { program: named(), source })?;
    if output.ended.status.success() {
        return Ok(());
    }
    Err(SiteError::Failed {
        program: named(),
        status: output.ended.status,
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis"), "x").unwrap();
        let error = build(Path::new("/no/mdbook"), folder.path(), folder.path()).unwrap_err();
        assert!(matches!(error, SiteError::Taken { .. }), "{error}");
        fs::write(folder.path().join(MARK), "").unwrap();
        let error = build(Path::new("/no/mdbook"), folder.path(), folder.path()).unwrap_err();
        assert!(matches!(error, SiteError::Start { .. }), "{error}");
    }
}
