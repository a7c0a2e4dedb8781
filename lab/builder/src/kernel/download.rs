//! Downloads a file with whatever program the host has.

use std::path::Path;

use host::on_path;
use process::{Command, stream};

/// apt's own download program. It is not on the PATH.
const APT_HELPER: &str = "/usr/lib/apt/apt-helper";

/// Downloads a URL into a file, unchecked. The error says why it is not available.
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

/// A program that the host has, and the order of its arguments.
type Downloader = Option<(Order, Command)>;

enum Order {
    FileFirst,
    UrlFirst,
}

/// apt comes first for http, because it may know a proxy that others do not. It comes
/// last for https, because it may lack certificates.
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
    // As root, it would download as a user who cannot write here.
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
        // A port of this host where nothing listens.
        let error = download("http://127.0.0.1:9/linux.tar.xz", &file).unwrap_err();
        assert!(error.starts_with("http://127.0.0.1:9/linux.tar.xz: "), "{error}");
        assert!(!file.exists() || file.metadata().unwrap().len() == 0);
    }
}
