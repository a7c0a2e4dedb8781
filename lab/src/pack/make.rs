//! Makes a pack: builds everything that a class needs, and packs what was looked up in the
//! cache for it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use builder::guest::kmod_flags;
use builder::guest::programs::ProgramError;
use builder::host::toolchain::Toolchain;
use builder::host::version_line;
use builder::kernel::{functions, headers};
use builder::pack::{CACHE, FORMAT, Pack};
use host::{Distribution, QEMU};
use process::Temporary;
use sha2::{Digest, Sha256};

use super::contents::Contents;
use super::{ABOUT, PROGRAM, PackError, program, tree};
use crate::error::Error;
use crate::maker::LAB;
use crate::run::Lab;
use crate::whole;

/// A pack that was made.
#[derive(Debug)]
pub struct Made {
    /// The archive's hash, in hexadecimal.
    pub sha256: String,
    /// Its length, bytes.
    pub len: u64,
    /// The file with the hash, in the format of sha256sum(1).
    pub sums: PathBuf,
    pub about: Pack,
}

/// The kinds of entries that hosts make for themselves.
const OF_THE_HOST: &[&str] = &["versions", "contents", "kernel-source"];

/// Makes a pack of the lab and its course. `program` is the command line to put into it;
/// one is built if there is none.
///
/// The file is written whole or not at all.
pub fn make(lab: &Lab<'_>, file: &Path, program: Option<&Path>) -> Result<Made, Error> {
    let root = builder::root();
    if lab.course.root.canonicalize().ok() != root.canonicalize().ok() {
        return Err(PackError::OtherCourse { course: lab.course.root.clone() }.into());
    }
    let sums = with_ending(file, ".sha256");
    for file in [file, &sums] {
        whole::check(file)?;
    }
    let (cache, seen) = lab.cache.noting();
    let (course, kernel) = (lab.course.clone(), lab.kernel.clone());
    let about = build(&Lab { course, cache, kernel, progress: lab.progress })?;
    let program = match program {
        Some(program) => program.to_owned(),
        None => program::build(&lab.cache, lab.progress)?,
    };
    let mut contents = Contents::default();
    let scratch = Temporary::new()?;
    tree::add(&mut contents, &root, &scratch)?;
    contents.file(PROGRAM, program);
    let text = serde_json::to_string_pretty(&about).expect("it is plain data");
    contents.text(ABOUT, text + "\n");
    for ((kind, key), entry) in seen.entries() {
        if !OF_THE_HOST.contains(&kind.as_str()) {
            contents.entry(&format!("{CACHE}/{kind}/{key}/"), &entry)?;
        }
    }
    let stage = lab.progress.begin_at("pack", &file.display().to_string());
    let mut written = Hashed { hash: Sha256::new(), len: 0 };
    whole::write_by(file, |out| {
        let out = Tee { out: io::BufWriter::new(out), written: &mut written };
        contents.write(out).map(drop)
    })?;
    drop(stage);
    let sha256 = format!("{:x}", written.hash.finalize());
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    whole::write(&sums, format!("{sha256}  {name}\n").as_bytes())?;
    Ok(Made { sha256, len: written.len, sums, about })
}

/// Looks everything up that commands look up, and builds what is missing.
fn build(lab: &Lab<'_>) -> Result<Pack, Error> {
    let machine = lab.machine()?;
    let (kernel, cache) = (&machine.kernel, &lab.cache);
    headers::of(cache, &kernel.source, lab.progress)?;
    // For pages, and for editors.
    functions::files(cache, kernel, lab.progress)?;
    kmod_flags::flags(kernel, cache, lab.progress)?;
    lab.trace_module(&machine)?;
    lab.prepare_lessons(&machine)?;
    lab.prepare_exercises(&machine)?;
    let toolchain = match Toolchain::of_pack() {
        Some(packed) => packed,
        None => Toolchain::here(cache).map_err(ProgramError::from)?,
    };
    let parts = toolchain.parts.into_iter();
    Ok(Pack {
        version: FORMAT,
        lab: LAB.to_owned(),
        host: Distribution::here().name,
        linux: kernel.release.clone(),
        compiler: kernel.compiler.of_kernel(cache)?,
        toolchain: parts.map(|(name, version)| (name.to_owned(), version)).collect(),
        qemu: version_line(cache, QEMU).unwrap_or_default(),
    })
}

/// The path with something after its name.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

/// What was written.
struct Hashed {
    hash: Sha256,
    len: u64,
}

struct Tee<'a, W> {
    out: W,
    written: &'a mut Hashed,
}

impl<W: Write> Write for Tee<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = self.out.write(bytes)?;
        self.written.hash.update(&bytes[..len]);
        self.written.len += len as u64;
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
