//! The host's distribution, and how to install packages on it.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;

use crate::needs::Need;

/// A package manager that the lab knows by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    Apt,
    Dnf,
    Pacman,
    Zypper,
    /// Another one. Packages are then named as Debian names them.
    Unknown,
}

/// Whether this process may install packages without `sudo`.
pub fn is_root() -> bool {
    // The owner of /proc/self is the effective user of this process, proc_pid(5).
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

/// The host's distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// The name that people know, such as `Debian GNU/Linux 12 (bookworm)`.
    pub name: String,
    pub manager: Manager,
    /// The release's name, such as `bookworm`. Empty if it has none.
    pub(crate) codename: String,
    /// Whether commands need a `sudo` in front.
    sudo: bool,
}

impl Distribution {
    /// The distribution that this process runs on.
    pub fn here() -> Distribution {
        // os-release(5): the second file is the fallback if the first is missing.
        let text = ["/etc/os-release", "/usr/lib/os-release"]
            .iter()
            .find_map(|path| std::fs::read_to_string(path).ok())
            .unwrap_or_default();
        Distribution::parse(&text, is_root())
    }

    /// Reads an os-release(5) file. `root` says whether this process may
    /// install packages by itself.
    fn parse(os_release: &str, root: bool) -> Distribution {
        let value = |name: &str| {
            os_release.lines().find_map(|line| {
                let value = line.strip_prefix(name)?.strip_prefix('=')?;
                Some(value.trim_matches(['"', '\'']).to_owned())
            })
        };
        let id = value("ID").unwrap_or_default();
        let like = value("ID_LIKE").unwrap_or_default();
        // First the distribution itself, then those that it is like, nearest first.
        let manager = std::iter::once(id.as_str())
            .chain(like.split_whitespace())
            .find_map(|id| match id {
                "debian" | "ubuntu" => Some(Manager::Apt),
                "fedora" | "rhel" => Some(Manager::Dnf),
                "arch" => Some(Manager::Pacman),
                "suse" | "opensuse" => Some(Manager::Zypper),
                _ => None,
            })
            .unwrap_or(Manager::Unknown);
        let name = value("PRETTY_NAME").unwrap_or_else(|| "an unknown system".to_owned());
        let codename = value("VERSION_CODENAME").unwrap_or_default();
        Distribution { name, manager, codename, sudo: !root }
    }

    /// The packages that provide `needs`, each once.
    pub fn packages<'a>(&self, needs: impl IntoIterator<Item = &'a Need>) -> Vec<&'static str> {
        let names: BTreeSet<_> = needs
            .into_iter()
            .map(|need| match self.manager {
                Manager::Apt | Manager::Unknown => need.packages.apt,
                Manager::Dnf => need.packages.dnf,
                Manager::Pacman => need.packages.pacman,
                Manager::Zypper => need.packages.zypper,
            })
            .collect();
        names.into_iter().collect()
    }

    /// The command that installs packages, as a person would type it.
    pub fn command(&self, packages: &[&str]) -> String {
        let sudo = if self.sudo { "sudo " } else { "" };
        let packages = packages.join(" ");
        match self.manager {
            Manager::Apt => {
                format!("{sudo}apt-get install --yes --no-install-recommends {packages}")
            }
            Manager::Dnf => format!("{sudo}dnf install --assumeyes {packages}"),
            Manager::Pacman => format!("{sudo}pacman --sync --needed --noconfirm {packages}"),
            Manager::Zypper => format!("{sudo}zypper --non-interactive install {packages}"),
            Manager::Unknown => {
                format!("your package manager, for what Debian calls {packages}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::needs::NEEDS;

    fn command(os_release: &str, root: bool) -> String {
        let distribution = Distribution::parse(os_release, root);
        let wanted = ["qemu-system-x86_64", "gelf.h", "libc.a", "ld", "strip"];
        let needs = NEEDS.iter().filter(|need| wanted.contains(&need.name));
        distribution.command(&distribution.packages(needs))
    }

    #[test]
    fn each_distribution_has_its_command() {
        assert_eq!(
            command("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n", true),
            "apt-get install --yes --no-install-recommends binutils libc6-dev libelf-dev qemu-system-x86"
        );
        assert_eq!(
            command("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", false),
            "sudo apt-get install --yes --no-install-recommends binutils libc6-dev libelf-dev qemu-system-x86"
        );
        assert_eq!(
            command("ID=fedora\n", false),
            "sudo dnf install --assumeyes binutils elfutils-libelf-devel glibc-static \
             qemu-system-x86-core"
        );
        assert_eq!(
            command("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", true),
            "dnf install --assumeyes binutils elfutils-libelf-devel glibc-static \
             qemu-system-x86-core"
        );
        assert_eq!(
            command("ID=manjaro\nID_LIKE=arch\n", false),
            "sudo pacman --sync --needed --noconfirm binutils glibc libelf qemu-system-x86"
        );
        assert_eq!(
            command("ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n", false),
            "sudo zypper --non-interactive install binutils glibc-devel-static libelf-devel \
             qemu-x86"
        );
        assert_eq!(
            command("", false),
            "your package manager, for what Debian calls binutils libc6-dev libelf-dev \
             qemu-system-x86"
        );
    }

    #[test]
    fn the_name_is_the_one_that_people_know() {
        let of = |text| Distribution::parse(text, true).name;
        assert_eq!(of("NAME=x\nPRETTY_NAME='Arch Linux'\n"), "Arch Linux");
        assert_eq!(of(""), "an unknown system");
    }
}
