//! Runs make, in the sandbox or with the person's rights.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use process::Command;

use super::{KmodFolderError, Trust};
use crate::guest::kmods::make_arguments;
use crate::kernel::{self, Kernel};
use crate::sandbox::{Sandbox, Status};

/// Variables that authors' Makefiles use for the location of the kernel.
const KERNEL_VARIABLES: &[&str] = &[
    "KDIR",
    "KERNELDIR",
    "KERNEL_DIR",
    "KSRC",
    "KERNEL_SRC",
    "KERNELSRC",
    "KERNEL_SOURCE",
    "KERNEL_PATH",
    "KERNEL_BUILD",
    "LINUX_DIR",
];

/// The result of make.
pub struct Made {
    pub success: bool,
    pub output: String,
}

/// make and its working folders.
pub struct Make<'a> {
    /// The folder in the person's words, and its real path.
    pub named: &'a Path,
    pub real: PathBuf,
    pub trust: Trust,
    pub kernel: &'a Kernel,
    /// The only folder that make may write to.
    pub work: PathBuf,
    /// The copy of the folder, inside `work`.
    pub copy: PathBuf,
}

impl Make<'_> {
    /// Builds the folder as the kernel's own build does.
    pub fn kbuild(&self, goals: &[&str]) -> Result<Made, KmodFolderError> {
        let mut arguments = make_arguments(self.kernel, &self.copy, &self.copy, Path::new(""), "");
        arguments.retain(|argument| argument != "modules");
        arguments.extend(goals.iter().map(|&goal| goal.to_owned()));
        self.make(arguments)
    }

    /// Runs `make` in the folder, as its author does.
    pub fn author(&self) -> Result<Made, KmodFolderError> {
        let source = self.kernel.source.dir.display();
        let mut arguments: Vec<String> =
            KERNEL_VARIABLES.iter().map(|name| format!("{name}={source}")).collect();
        arguments.push(format!("O={}", self.kernel.build_dir.display()));
        arguments.extend(self.kernel.compiler.make_variable());
        self.make(arguments)
    }

    fn make(&self, arguments: Vec<String>) -> Result<Made, KmodFolderError> {
        let mut environment: Vec<(&str, OsString)> = kernel::environment(&self.work).collect();
        // A shell sets this variable, and authors' Makefiles use it.
        environment.push(("PWD", self.copy.clone().into()));
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        let arguments = [vec![format!("--jobs={jobs}"), "--silent".to_owned()], arguments].concat();
        let made = match self.trust {
            Trust::Sandboxed => self.make_in_sandbox(&arguments, &environment)?,
            Trust::Full => self.make_freely(&arguments, environment)?,
        };
        // Messages name the copy, but the person knows the original folder.
        let output = made
            .output
            .replace(&self.copy.display().to_string(), &self.named.display().to_string());
        Ok(Made { output, ..made })
    }

    fn make_in_sandbox(
        &self,
        arguments: &[String],
        environment: &[(&str, OsString)],
    ) -> Result<Made, KmodFolderError> {
        let kernel = self.kernel;
        let sandbox = Sandbox {
            read: vec![kernel.source.dir.clone(), kernel.build_dir.clone(), self.real.clone()],
            write: self.work.clone(),
        };
        let environment: Vec<(&str, &OsStr)> =
            environment.iter().map(|(name, value)| (*name, value.as_os_str())).collect();
        let make = host::on_path("make").unwrap_or_else(|| "/usr/bin/make".into());
        let finished = sandbox.run(&make, arguments, &environment, &self.copy)?;
        let (success, output) = match finished.status {
            Status::Ended(status) => (status.success(), finished.output),
            Status::TimedOut => (false, finished.output + "make did not end within its time\n"),
        };
        Ok(Made { success, output })
    }

    fn make_freely(
        &self,
        arguments: &[String],
        environment: Vec<(&str, OsString)>,
    ) -> Result<Made, KmodFolderError> {
        let mut make = Command::new("make");
        make.args(arguments).current_dir(&self.copy).env_clear().envs(environment);
        let output = make.output().map_err(KmodFolderError::Make)?;
        let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
        Ok(Made { success: output.ended.status.success(), output: text.concat() })
    }
}
