//! Finds the files that a program's dynamic linker will load, from the files alone.
//! Neither the program nor its linker is started, because either may be a stranger's.
//!
//! The rules are those of ld.so(8) and of musl's `ldso/dynlink.c` in the guest: without
//! `LD_LIBRARY_PATH`, which the guest does not set, and for its processor, QEMU's
//! `qemu64`. That processor has level x86-64-v1, so no library in
//! `glibc-hwcaps/x86-64-v2` or above is ever loaded.

mod cache;
mod glibc;
mod musl;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use self::glibc::Glibc;
use super::elf::{Image, Machine, NoImage};

/// A dynamic linker.
pub struct Linker<'a> {
    /// The path that the program gives for it.
    path: String,
    rules: Rules,
    /// The host file that the guest will have at a path.
    host: &'a dyn Fn(&str) -> PathBuf,
}

enum Rules {
    Glibc(Glibc),
    Musl {
        configuration: String,
        /// The folders that it searches last.
        folders: Vec<String>,
    },
}

/// A library without which a program cannot be loaded.
#[derive(Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is in none of these places.
    Nowhere { library: String, needer: String, places: Vec<String> },
    /// The file that the linker would take is not a library.
    Damaged { library: String, needer: String },
}

/// A file that the process will load.
struct Object {
    path: String,
    image: Image,
    /// The index of the object that needed it first.
    loader: Option<usize>,
    /// The names under which it was requested.
    names: Vec<String>,
    /// Its device and inode number on the host. Two paths to the same file are one
    /// library.
    identity: Option<(u64, u64)>,
}

impl<'a> Linker<'a> {
    /// Makes a linker from its path and the content of its file.
    pub fn new(path: &str, host: &'a dyn Fn(&str) -> PathBuf) -> Linker<'a> {
        let file = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
        let musl = file.strip_prefix("ld-musl-").and_then(|rest| rest.strip_suffix(".so.1"));
        let rules = match musl {
            Some(machine) => {
                let configuration = format!("/etc/ld-musl-{machine}.path");
                let text = std::fs::read_to_string(host(&configuration));
                let folders = split(text.as_deref().unwrap_or(musl::FOLDERS), musl::SEPARATORS);
                Rules::Musl { configuration, folders }
            }
            None => Rules::Glibc(Glibc::read(&host(path), &host(glibc::CACHE))),
        };
        Linker { path: path.to_owned(), rules, host }
    }

    /// The file that tells the linker where libraries are.
    pub fn configuration(&self) -> &str {
        match &self.rules {
            Rules::Glibc(_) => glibc::CACHE,
            Rules::Musl { configuration, .. } => configuration,
        }
    }

    /// The folders that it searches last.
    fn folders(&self) -> &[String] {
        match &self.rules {
            Rules::Glibc(glibc) => &glibc.folders,
            Rules::Musl { folders, .. } => folders,
        }
    }

    /// The libraries that a program is loaded with, as paths in the guest, without the
    /// linker itself. `program` must be the real path, not a link.
    pub fn libraries(&self, program: &str, image: Image) -> Result<Vec<String>, Missing> {
        let mut objects = vec![self.object(program.to_owned(), image, None)];
        if let Ok(image) = Image::read(&(self.host)(&self.path)) {
            objects.push(self.object(self.path.clone(), image, None));
        }
        let begin = objects.len();
        // Breadth first, as linkers do: a library found for one object is there for the
        // next.
        let mut next = 0;
        while next < objects.len() {
            let needed = objects[next].image.needed.clone();
            for library in needed {
                match self.load(&mut objects, next, &library.name) {
                    Err(Missing::Nowhere { .. }) if library.optional => {}
                    other => other?,
                }
            }
            next += 1;
        }
        Ok(objects.drain(begin..).map(|object| object.path).collect())
    }

    fn object(&self, path: String, image: Image, loader: Option<usize>) -> Object {
        let meta = (self.host)(&path).metadata();
        let identity = meta.ok().map(|meta| (meta.dev(), meta.ino()));
        Object { names: vec![path.clone()], path, image, loader, identity }
    }

    /// Adds the library that an object needs, unless it is already there.
    fn load(&self, objects: &mut Vec<Object>, needer: usize, name: &str) -> Result<(), Missing> {
        let glibc = matches!(self.rules, Rules::Glibc(_));
        if !glibc && musl::OWN.iter().any(|own| name.starts_with(own)) {
            return Ok(());
        }
        let name = match glibc {
            true => self.expand(name, &objects[needer]),
            false => name.to_owned(),
        };
        let is_it = |object: &Object| {
            object.names.contains(&name) || glibc && object.image.soname.as_ref() == Some(&name)
        };
        if objects.iter().any(is_it) {
            return Ok(());
        }
        let (path, image) = self.find(objects, needer, &name)?;
        let mut found = self.object(path, image, Some(needer));
        let is_it = |object: &&mut Object| object.identity == found.identity;
        match objects.iter_mut().find(is_it) {
            Some(object) => object.names.push(name),
            None => {
                found.names.push(name);
                objects.push(found);
            }
        }
        Ok(())
    }

    fn find(
        &self,
        objects: &[Object],
        needer: usize,
        name: &str,
    ) -> Result<(String, Image), Missing> {
        let mut places = Vec::new();
        let within = |folder: &str| format!("{}/{name}", folder.trim_end_matches('/'));
        let found = if name.contains('/') {
            // A relative path is relative to the folder that a program is started in.
            name.starts_with('/').then(|| self.candidate(objects, needer, name)).flatten()
        } else {
            let default = !(matches!(self.rules, Rules::Glibc(_))
                && objects[needer].image.no_default_folders);
            let machine = objects[needer].image.machine;
            let search = |folders: &[String], places: &mut Vec<String>| {
                folders.iter().find_map(|folder| {
                    if !places.contains(folder) {
                        places.push(folder.clone());
                    }
                    let below = match &self.rules {
                        Rules::Glibc(glibc) => glibc.places_in(folder, machine),
                        Rules::Musl { .. } => vec![folder.clone()],
                    };
                    below.iter().find_map(|place| self.candidate(objects, needer, &within(place)))
                })
            };
            search(&self.folders_of(objects, needer), &mut places)
                .or_else(|| self.cached(objects, needer, name, default, &mut places))
                .or_else(|| default.then(|| search(self.folders(), &mut places)).flatten())
        };
        found.unwrap_or_else(|| {
            let needer = objects[needer].path.clone();
            Err(Missing::Nowhere { library: name.to_owned(), needer, places })
        })
    }

    /// Looks a library up in the linker's cache.
    fn cached(
        &self,
        objects: &[Object],
        needer: usize,
        name: &str,
        default: bool,
        places: &mut Vec<String>,
    ) -> Option<Result<(String, Image), Missing>> {
        let Rules::Glibc(glibc) = &self.rules else { return None };
        places.push(glibc::CACHE.to_owned());
        let path = glibc.cache.find(name, objects[needer].image.machine)?;
        let in_default = glibc.folders.iter().any(|folder| {
            path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
        });
        if in_default && !default {
            return None;
        }
        self.candidate(objects, needer, &path)
    }

    /// The library at a path. `None` if the linker would continue to search.
    fn candidate(
        &self,
        objects: &[Object],
        needer: usize,
        path: &str,
    ) -> Option<Result<(String, Image), Missing>> {
        let needer = &objects[needer];
        match Image::read(&(self.host)(path)) {
            Ok(image) if image.machine == needer.image.machine => {
                Some(Ok((path.to_owned(), image)))
            }
            Ok(_) | Err(NoImage::Unreadable(_) | NoImage::Foreign(_)) => None,
            Err(NoImage::NotElf) => Some(Err(Missing::Damaged {
                library: path.to_owned(),
                needer: needer.path.clone(),
            })),
        }
    }

    /// Replaces placeholders such as `$ORIGIN` or `${ORIGIN}`.
    fn expand(&self, text: &str, object: &Object) -> String {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('$') {
            expanded.push_str(before);
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let (name, after) = match behind.strip_prefix('{').and_then(|b| b.split_once('}')) {
                Some(parts) => parts,
                None => behind.split_at(behind.find(|c| !is_name(c)).unwrap_or(behind.len())),
            };
            let value = match (name, object.image.machine) {
                ("ORIGIN", _) => object.origin(),
                ("LIB", _) => self.folders().first().map_or("lib", |folder| {
                    folder.strip_prefix("/usr").unwrap_or(folder).trim_start_matches('/')
                }),
                // The name that the kernel gives each program in AT_PLATFORM.
                ("PLATFORM", Machine::X86_64) => "x86_64",
                ("PLATFORM", Machine::I386) => "i686",
                _ => {
                    expanded.push('$');
                    rest = behind;
                    continue;
                }
            };
            expanded.push_str(value);
            rest = after;
        }
        expanded + rest
    }

    /// The folders that an object's builders set for the libraries that it needs.
    fn folders_of(&self, objects: &[Object], needer: usize) -> Vec<String> {
        let own = |object: &Object, list: &Option<String>| match (list, &self.rules) {
            (None, _) => Vec::new(),
            (Some(list), Rules::Glibc(_)) => {
                split(list, &[':']).iter().map(|folder| self.expand(folder, object)).collect()
            }
            (Some(list), Rules::Musl { .. }) => musl::folders(list, object.origin()),
        };
        let chain = std::iter::successors(Some(&objects[needer]), |object| {
            object.loader.map(|loader| &objects[loader])
        });
        match &self.rules {
            // RUNPATH counts for the object's own needs. RPATH also counts for everything
            // that the object loads, unless one of the objects has a RUNPATH.
            Rules::Glibc(_) if objects[needer].image.runpath.is_some() => {
                own(&objects[needer], &objects[needer].image.runpath)
            }
            Rules::Glibc(_) => chain
                .filter(|object| object.image.runpath.is_none())
                .flat_map(|object| own(object, &object.image.rpath))
                .collect(),
            Rules::Musl { .. } => chain
                .flat_map(|object| {
                    let image = &object.image;
                    own(object, if image.runpath.is_some() { &image.runpath } else { &image.rpath })
                })
                .collect(),
        }
        .into_iter()
        // Relative folders are relative to the folder that a program is started in, which
        // differs in the guest.
        .filter(|folder| folder.starts_with('/'))
        .collect()
    }
}

/// Splits a list of folders.
fn split(list: &str, separators: &[char]) -> Vec<String> {
    let folders = list.split(separators).filter(|folder| !folder.is_empty());
    folders.map(str::to_owned).collect()
}

impl Object {
    /// The folder that contains it.
    fn origin(&self) -> &str {
        match self.path.rsplit_once('/') {
            Some(("", _)) | None => "/",
            Some((folder, _)) => folder,
        }
    }
}

#[cfg(test)]
mod tests;
