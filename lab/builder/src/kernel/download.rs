//! Downloading a file, by what a host has for that.

use std::path::Path;

use host::on_path;
use process::{Command, stream};

/// apt's own program for it, which is where apt is and on no PATH.
const APT_HELPER: &str = "/usr/lib/apt/apt-helper";

/// Downloads what is at a URL into a file, unchecked. The error is a reason why
/// there is none to be had.
pub fn download(url: &str, file: &Path) -> Result<(), String> {
    let (order, mut command) = downloader(url)
        .ok_or_else(|| format!("{url}: there is neither curl nor wget nor apt here"))?;
    match order {
        Order::FileFirst => command.arg(file).arg(url),
        Order::UrlFirst => command.arg(url).arg(file),
    };
    match stream(command, |_| Ok(())) {
        Ok((status, _)) if status.success() => Ok(()),
        Ok((_, tail)) => Err(format!("{url}: {}", tail.text().replace('\n', " "))),
        Err(e) => Err(format!("{url}: {e}")),
    }
}

/// A program that is here, and where it wants the file's name.
type Downloader = Option<(Order, Command)>;

enum Order {
    FileFirst,
    UrlFirst,
}

/// apt knows of a proxy that only it is told of; without certificates it cannot
/// do https.
fn downloader(url: &str) -> Downloader {
    let order: [fn() -> Downloader; 3] = match url.starts_with("https:") {
        true => [curl, wget, apt],
        false => [apt, curl, wget],
    };
    order.into_iter().find_map(|downloader| downloader())
}

fn curl() -> Downloader {
    let mut curl = Command::new(on_path("curl")?);
    curl.args(["--fail", "--location", "--silent", "--show-error", "--connect-timeout", "30"]);
    curl.arg("--output");
    Some((Order::FileFirst, curl))
}

fn wget() -> Downloader {
    let mut wget = Command::new(on_path("wget")?);
    wget.args(["--no-verbose", "--timeout=30", "--tries=2", "--output-document"]);
    Some((Order::FileFirst, wget))
}

fn apt() -> Downloader {
    if !Path::new(APT_HELPER).is_file() {
        return None;
    }
    let mut apt = Command::new(APT_HELPER);
    // As root it would download as a user who may not write here.
    apt.args(["-o", "APT::Sandbox::User=root", "-o", "Acquire::http::Timeout=30"]);
    apt.args(["-o", "Acquire::Retries=1", "download-file"]).env("LC_ALL", "C");
    Some((Order::UrlFirst, apt))
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
}
