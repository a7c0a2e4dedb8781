//! Functions that facts name and that no stack can have, because this machine's kernel and
//! modules do not have them. Told before the run, with the place in the file: a fact that
//! can never hold would otherwise look like a mistake of the program.

mod place;

use std::path::{Path, PathBuf};

use builder::guest::kmods::INCLUDE;
use builder::guest::payload::PayloadFile;
use builder::kernel::Kernel;
use builder::kernel::functions::defined;
use builder::kernel::missing::{Missing, missing};
use builder::progress::Progress;
use explain::{ExitStatus, Explain};
use fs_err as fs;
use object::{Object, ObjectSection, ObjectSymbol};
use story::lesson::{self, Lesson};
use trace::Symbols;

use crate::error::Error;
use crate::returned::{Elves, elves};

/// Why a fact names a function in vain.
#[derive(Debug, thiserror::Error)]
#[error("`{}` names a function that no stack has, {place}\n`{function}` {why}", path.display())]
pub struct AbsentFunction {
    path: PathBuf,
    /// Its line, with a caret.
    place: String,
    function: String,
    why: Why,
}

/// What is known about a function that is not there.
#[derive(Debug, thiserror::Error)]
enum Why {
    #[error(
        "is inlined: {file} defines it, and the compiler has put it into its callers{}",
        unless.as_ref().map_or(String::new(), |it| format!(", unless `{it}` leaves it out"))
    )]
    Inlined { file: String, unless: Option<String> },
    #[error("is a macro, in {file}")]
    Macro { file: String },
    #[error("is not in this kernel: its configuration leaves it out ({file}, `{directive}`)")]
    LeftOut { file: String, directive: String },
    #[error("is not in this kernel: {file}, which defines it, is no part of it")]
    NotBuilt { file: String },
    #[error("is known by another name: stacks have `{name}`, which is at the same address")]
    Alias { name: String },
    #[error("is in {section} of {module}, and stacks name only what is in .text")]
    Elsewhere { section: String, module: String },
    #[error("does not exist: neither the kernel nor a module of the lesson defines it")]
    Undefined { near: Option<String> },
    #[error(
        "does not exist, or is inlined: the kernel has no such function, and its source is not \
         here"
    )]
    Unknown,
}

impl Explain for AbsentFunction {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Build
    }

    fn hint(&self) -> Option<String> {
        match &self.why {
            Why::Inlined { .. } | Why::Unknown => Some(
                "name a function that stays on every stack: one that is called from another \
                 file or through a pointer, or is `noinline`"
                    .to_owned(),
            ),
            Why::Alias { name } | Why::Undefined { near: Some(name) } => {
                Some(format!("did you mean `{name}`?"))
            }
            Why::Macro { .. } => Some("name the function that it calls".to_owned()),
            Why::LeftOut { .. }
            | Why::NotBuilt { .. }
            | Why::Elsewhere { .. }
            | Why::Undefined { near: None } => None,
        }
    }
}

/// A file that declares facts.
#[derive(Debug)]
pub struct Declaring<'a> {
    pub path: PathBuf,
    pub text: &'a str,
    /// The functions that its facts name.
    pub functions: Vec<&'a str>,
}

/// A file that a module is made from.
#[derive(Debug)]
pub struct Source {
    /// The name that it is told by.
    pub shown: String,
    pub text: String,
}

/// A kernel and its functions.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub kernel: &'a Kernel,
    pub symbols: &'a Symbols,
    /// Sees that its source is searched.
    pub progress: &'a dyn Progress,
}

/// What a machine has besides its kernel.
struct Modules {
    elves: Elves,
    sources: Vec<Source>,
}

impl<'a> Declaring<'a> {
    /// A lesson's own file.
    pub fn of_lesson(lesson: &'a Lesson) -> Declaring<'a> {
        let functions = lesson.expect.iter().flat_map(|fact| &fact.stack);
        Declaring {
            path: lesson.folder.join(lesson::FILE),
            text: &lesson.text,
            functions: functions.map(String::as_str).collect(),
        }
    }
}

/// Refuses files whose facts name functions that neither the kernel nor these modules have.
/// `sources` are the files that the modules are made from.
pub fn refuse(
    known: Known<'_>,
    declaring: &[Declaring<'_>],
    modules: &[PayloadFile],
    sources: impl FnOnce() -> Result<Vec<Source>, Error>,
) -> Result<(), Error> {
    let not_in = |symbols: &Symbols, name: &str| symbols.functions().all(|it| it != name);
    let mut named = declaring
        .iter()
        .flat_map(|file| file.functions.iter().map(move |function| (file, *function)))
        .filter(|(_, function)| not_in(known.symbols, function))
        .peekable();
    if named.peek().is_none() {
        return Ok(());
    }
    let elves = elves(modules)?;
    let of_modules = functions_of(&elves)?;
    let Some((file, function)) = named.find(|(_, name)| not_in(&of_modules, name)) else {
        return Ok(());
    };
    let why = match (Modules { elves, sources: sources()? }).why(function) {
        Some(why) => why,
        None => why(known, &of_modules, function)?,
    };
    let (path, place) = (file.path.clone(), place::of(file.text, function));
    Err(AbsentFunction { path, place, function: function.to_owned(), why }.into())
}

/// The files that modules of the course at `root` are made from.
pub fn sources(root: &Path, kmods: &[String]) -> Result<Vec<Source>, Error> {
    let folders = kmods.iter().map(String::as_str).chain([INCLUDE]);
    let mut sources = Vec::new();
    for folder in folders.map(|folder| Path::new("kmods").join(folder)) {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let shown = folder.join(entry.file_name()).display().to_string();
            if shown.ends_with(".c") || shown.ends_with(".h") {
                sources.push(Source { shown, text: fs::read_to_string(entry.path())? });
            }
        }
    }
    Ok(sources)
}

/// The functions of modules that stacks can name. Where they are does not matter.
fn functions_of(modules: &Elves) -> Result<Symbols, Error> {
    let mut symbols = Symbols::default();
    for (place, (name, elf)) in (1_u64..).zip(modules) {
        symbols.add_module(name, place << 32, elf)?;
    }
    Ok(symbols)
}

impl Modules {
    /// Why a function that a module's source defines cannot be named.
    fn why(&self, function: &str) -> Option<Why> {
        let defines = |text: &str| defined(text).iter().any(|name| name == function);
        let source = self.sources.iter().find(|source| defines(&source.text))?;
        let elsewhere = self.elves.iter().find_map(|(module, elf)| {
            let section = section_of(elf, function)?;
            Some(Why::Elsewhere { section, module: format!("{module}.ko") })
        });
        Some(elsewhere.unwrap_or_else(|| Why::Inlined { file: source.shown.clone(), unless: None }))
    }
}

/// The section that has a module's function.
fn section_of(elf: &[u8], function: &str) -> Option<String> {
    let file = object::File::parse(elf).ok()?;
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(function))?;
    let section = file.section_by_index(symbol.section_index()?).ok()?;
    Some(section.name().ok()?.to_owned())
}

/// Why a function is not among the kernel's.
fn why(known: Known<'_>, of_modules: &Symbols, function: &str) -> Result<Why, Error> {
    if let Some(name) = alias(known, function)? {
        return Ok(Why::Alias { name });
    }
    let _stage = known.progress.begin("searching the kernel's source", None);
    Ok(match missing(known.kernel, function)? {
        Missing::Inlined { file, unless } => Why::Inlined { file, unless },
        Missing::Macro { file } => Why::Macro { file },
        Missing::LeftOut { file, directive } => Why::LeftOut { file, directive },
        Missing::NotBuilt { file } => Why::NotBuilt { file },
        Missing::Unknown => Why::Unknown,
        Missing::Undefined => {
            let all = known.symbols.functions().chain(of_modules.functions());
            Why::Undefined { near: near(function, all) }
        }
    })
}

/// The name in stacks of a function with several names.
fn alias(known: Known<'_>, function: &str) -> Result<Option<String>, Error> {
    let system_map = fs::read_to_string(&known.kernel.system_map)?;
    let address = system_map.lines().find_map(|line| {
        let mut words = line.split(' ');
        let (address, _, name) = (words.next()?, words.next()?, words.next()?);
        (name == function).then(|| u64::from_str_radix(address, 16).ok())?
    });
    Ok(address.and_then(|address| Some(known.symbols.name(address)?.name)))
}

/// The most similar name, if it differs in at most a quarter of its letters.
fn near<'a>(function: &str, all: impl Iterator<Item = &'a str>) -> Option<String> {
    let distance = |name: &str| strsim::damerau_levenshtein(function, name);
    let similar = all.filter(|name| name.len().abs_diff(function.len()) * 4 <= function.len());
    let (distance, name) = similar.map(|name| (distance(name), name)).min()?;
    (distance * 4 <= function.len()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_similar_name_is_near() {
        let all = ["do_notify_parent", "do_exit", "do_group_exit"];
        for (name, expected) in [
            ("do_notfy_parent", Some("do_notify_parent")),
            ("do_exti", Some("do_exit")),
            ("do_nothing_of_this", None),
            ("", None),
        ] {
            assert_eq!(near(name, all.into_iter()).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_modules_function_that_its_file_does_not_have_is_inlined() {
        let text = "static int lab_x_send(void)\n{\n}\n".to_owned();
        let sources = vec![Source { shown: "kmods/x/lab_x.c".to_owned(), text }];
        let modules = Modules { elves: Elves::new(), sources };
        assert_eq!(
            modules.why("lab_x_send").unwrap().to_string(),
            "is inlined: kmods/x/lab_x.c defines it, and the compiler has put it into its callers"
        );
        assert!(modules.why("lab_x_sent").is_none());
    }
}
