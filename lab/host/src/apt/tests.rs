use explain::Explain;

use super::*;
use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;

/// What apt 2.6 prints if QEMU's tools come from backports and the rest of QEMU does not.
const REMOVES: &str = "\
Reading package lists...
The following additional packages will be installed:
  ipxe-qemu qemu-system-common
The following packages will be REMOVED:
  qemu-utils
The following NEW packages will be installed:
  ipxe-qemu qemu-system-common qemu-system-x86
0 upgraded, 3 newly installed, 1 to remove and 133 not upgraded.
Remv qemu-utils [1:10.0.2+ds-2+deb13u1~bpo12+1]
Inst ipxe-qemu (1.0.0+git-20190125.36a4c85-5.1 Debian:12.15/oldstable [all])
Inst qemu-system-x86 (1:7.2+dfsg-7+deb12u18+b3 Debian:12.15/oldstable [amd64])
Conf qemu-system-x86 (1:7.2+dfsg-7+deb12u18+b3 Debian:12.15/oldstable [amd64])
";

const DOWNGRADES: &str = "\
The following packages will be DOWNGRADED:
  flex libelf1
The following NEW packages will be installed:
  libelf-dev
Inst libelf1 [0.192-4~bpo12+1] (0.188-2.1 Debian:12.15/oldstable [amd64]) []
Inst flex [2.6.4-9] (2.6.4-8.2 Debian:12.15/oldstable [amd64])
";

const UPGRADES: &str = "\
The following packages will be upgraded:
  libelf1
Inst libelf1 [0.188-2.1] (0.192-4~bpo12+1 Debian Backports:oldstable-backports [amd64])
";

const MADISON: &str = "\
 qemu-system-x86 | 1:10.0.2+ds-2+deb13u1~bpo12+1 | http://a.example/debian bookworm-backports/main amd64 Packages
 qemu-system-x86 | 1:7.2+dfsg-7+deb12u18+b3 | http://b.example/debian bookworm/main amd64 Packages
";

#[test]
fn what_apt_would_take_away_is_read_off_its_simulation() {
    let harm = Harm::of(REMOVES);
    assert_eq!(harm.to_string(), "remove qemu-utils");
    assert!(harm.backports);
    let harm = Harm::of(DOWNGRADES);
    assert_eq!(harm.to_string(), "downgrade flex, libelf1");
    assert!(harm.backports);
    assert_eq!(Harm::of(UPGRADES), Harm::default());
}

#[test]
fn an_archive_is_found_by_its_release() {
    let archive = |release| place(MADISON, release);
    assert_eq!(archive("bookworm").unwrap(), "http://b.example/debian");
    assert_eq!(archive("bookworm-backports").unwrap(), "http://a.example/debian");
    assert_eq!(archive("trixie"), None);
    assert_eq!(place("N: Unable to locate package\n", "bookworm"), None);
}

/// Programs that answer as apt does and record what they were asked to do.
struct Answers {
    folder: tempfile::TempDir,
    said: Mutex<Vec<String>>,
}

/// Where backports are available.
#[derive(PartialEq, Eq)]
enum Backports {
    InSources,
    InArchive,
    Nowhere,
}

impl Answers {
    fn new(backports: Backports) -> Answers {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (first, second) = MADISON.split_once('\n').unwrap();
        let (more, madison) = match backports {
            Backports::InSources => (MADISON, MADISON),
            Backports::InArchive => (MADISON, second),
            Backports::Nowhere => (second, second),
        };
        assert!(first.contains("backports") && second.contains("bookworm/main"));
        let files =
            [("removes", REMOVES), ("upgrades", UPGRADES), ("madison", madison), ("more", more)];
        for (name, text) in files {
            std::fs::write(at(name), text).unwrap();
        }
        let here = folder.path().display();
        let get = format!(
            "#!/bin/sh\ncase \"$*\" in\n\
             *--simulate*--target-release*) cat {here}/upgrades;;\n\
             *--simulate*) cat {here}/removes;;\n\
             *) echo \"$*\" >>{here}/done;;\nesac\n"
        );
        let cache = format!(
            "#!/bin/sh\ncase \"$*\" in\n*flex) ;;\n*SourceList=*) cat {here}/more;;\n\
             *) cat {here}/madison;;\nesac\n"
        );
        for (name, script) in [("get", get), ("cache", cache)] {
            std::fs::write(at(name), script).unwrap();
            std::fs::set_permissions(at(name), PermissionsExt::from_mode(0o755)).unwrap();
        }
        Answers { folder, said: Mutex::default() }
    }

    /// Installs QEMU. Returns the result and the arguments of the last apt-get.
    fn install(
        &self,
        policy: InstallPolicy,
        yes: bool,
        ci: bool,
    ) -> (Result<(), HostError>, String) {
        let say = |line: &str| self.said.lock().unwrap().push(line.to_owned());
        let ask = |question: &str| {
            say(question);
            yes
        };
        let talk = Talk { say: &say, ask: &ask };
        let at = |name: &str| self.folder.path().join(name);
        let mut apt = Apt {
            talk: &talk,
            sudo: false,
            ci,
            backports: "bookworm-backports".to_owned(),
            release: "bookworm".to_owned(),
            get: at("get"),
            cache: at("cache"),
            sources: None,
            temporary: self.folder.path().to_owned(),
        };
        let wish = Wish {
            names: &["qemu-system-x86_64".to_owned()],
            packages: &["flex", "qemu-system-x86"],
            command: "apt-get install flex qemu-system-x86",
        };
        let result = apt.install(&wish, policy);
        let done = std::fs::read_to_string(at("done")).unwrap_or_default();
        let last = done.lines().last().unwrap_or_default();
        (result, last.rsplit("Timeout=120 ").next().unwrap().to_owned())
    }
}

#[test]
fn what_removes_nothing_is_taken_from_backports() {
    for backports in [Backports::InSources, Backports::InArchive] {
        let answers = Answers::new(backports);
        let (result, done) = answers.install(InstallPolicy::GoAhead, false, true);
        result.unwrap();
        assert_eq!(
            done.split_once("install ").unwrap().1,
            "--yes --no-install-recommends --no-remove --target-release bookworm-backports flex \
             qemu-system-x86"
        );
        let said = answers.said.lock().unwrap().join("\n");
        let why = "taking packages from bookworm-backports: apt would remove qemu-utils otherwise";
        assert!(said.ends_with(why), "{said}");
    }
}

#[test]
fn what_removes_something_wants_a_clear_yes() {
    let answers = Answers::new(Backports::Nowhere);
    for policy in [InstallPolicy::Ask, InstallPolicy::GoAhead] {
        let (result, done) = answers.install(policy, false, false);
        let error = result.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the host lacks qemu-system-x86_64, and apt would remove qemu-utils for it"
        );
        assert_eq!(
            error.hint().unwrap(),
            "nothing was changed; if you can do without that: apt-get install flex qemu-system-x86"
        );
        assert!(done.ends_with("update"), "{done}");
    }
    for (policy, ci) in [(InstallPolicy::Ask, false), (InstallPolicy::GoAhead, true)] {
        let (result, done) = answers.install(policy, true, ci);
        result.unwrap();
        assert_eq!(
            done,
            "install --yes --no-install-recommends --allow-downgrades flex qemu-system-x86"
        );
    }
    let looking = "apt would remove qemu-utils, which comes from bookworm-backports: looking there";
    let asked = "apt would remove qemu-utils for this. Go on?";
    let allowed = "CI=true, so apt may remove qemu-utils";
    assert_eq!(
        answers.said.lock().unwrap().as_slice(),
        [looking, asked, looking, looking, asked, looking, allowed]
    );
}
