//! kernel.org's tarball, where there is no Debian.

use std::path::Path;
use std::process::Command;

use super::source::Fetched;
use crate::host::on_path;
use crate::host::stream::stream;
use crate::progress::{Event, Progress};

/// The one that is downloaded, and its sha256 as kernel.org publishes it in
/// `sha256sums.asc` beside the file.
pub const FILE: &str = "linux-6.12.64.tar.xz";
pub const URL: &str = "https://cdn.kernel.org/pub/linux/kernel/v6.x/linux-6.12.64.tar.xz";
pub const SHA256: &str = "d1ad94a33681148efe884f4028970d69e332f2b003f0e8be53a1d25de38e49a2";

/// Downloads the tarball into `scratch`, unchecked. The error is a reason why
/// there is none to be had.
pub fn fetch(scratch: &Path, progress: &dyn Progress) -> Result<Fetched, String> {
    progress.event(Event::Step { done: 0, detail: &format!("downloading {URL}, 150 MB") });
    let archive = scratch.join(FILE);
    download(URL, &archive)?;
    Ok(Fetched {
        archive,
        sha256: Some(SHA256),
        origin: format!("kernel.org's {FILE}"),
        identity: format!("sha256 {SHA256}"),
    })
}

fn download(url: &str, file: &Path) -> Result<(), String> {
    let mut command = if on_path("curl").is_some() {
        let mut curl = Command::new("curl");
        curl.args(["--fail", "--location", "--silent", "--show-error", "--connect-timeout", "30"]);
        curl.arg("--output");
        curl
    } else if on_path("wget").is_some() {
        let mut wget = Command::new("wget");
        wget.args(["--no-verbose", "--timeout=30", "--tries=2", "--output-document"]);
        wget
    } else {
        return Err(format!("{url}: there is neither curl nor wget here"));
    };
    command.arg(file).arg(url);
    match stream(command, |_| Ok(())) {
        Ok((status, _)) if status.success() => Ok(()),
        Ok((_, tail)) => Err(format!("{url}: {}", tail.text().replace('\n', " "))),
        Err(e) => Err(format!("{url}: {e}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_that_fails_says_of_what() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        // A port of this host at which nobody listens.
        let error = download("http://127.0.0.1:9/linux.tar.xz", &file).unwrap_err();
        assert!(error.starts_with("http://127.0.0.1:9/linux.tar.xz: "), "{error}");
        assert!(!file.exists() || file.metadata().unwrap().len() == 0);
    }

    #[test]
    fn the_file_is_the_last_part_of_the_url() {
        assert!(URL.ends_with(&format!("/{FILE}")));
    }
}
