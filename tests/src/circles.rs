//! Checks that no modules depend on each other in a circle, so that each can be read
//! after those that it uses.
//!
//! A module is a file or a folder. Modules next to each other are compared, on every
//! level of every crate. A parent and its children are one unit, so a child may name its
//! parent and the reverse. If a parent only re-exports something of a child, the child
//! counts as used.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use libtest_mimic::Failed;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use story::lesson::Lesson;

/// The folders that contain crates.
const FOLDERS: &[&str] = &["lab", "xtask", "tests", "guest-programs"];

/// The names of a module and of all modules around it. Empty for the crate's root.
type Place = Vec<String>;

/// The circles of each crate and of each of its programs, in words.
pub fn check(_: &[Lesson]) -> Result<Vec<String>, Failed> {
    let mut sources = Vec::new();
    for folder in FOLDERS {
        find_sources(&builder::root().join(folder), &mut sources)?;
    }
    let mut faults = Vec::new();
    for folder in sources {
        let mut modules = Modules::default();
        modules.read_folder(&folder, &[])?;
        let name = folder.strip_prefix(builder::root())?.display().to_string();
        faults.extend(modules.circles().iter().map(|circle| format!("{name}: {circle}")));
    }
    Ok(faults)
}

/// The folders with a crate's `main.rs` or `lib.rs`, those in `src/bin/` among them.
fn find_sources(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if ["main.rs", "lib.rs"].iter().any(|root| folder.join(root).is_file()) {
        found.push(folder.to_owned());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find_sources(&path, found)?;
        }
    }
    Ok(())
}

/// The modules of a crate.
#[derive(Default)]
struct Modules {
    places: BTreeSet<Place>,
    /// Pairs of modules: the first names the second.
    uses: Vec<(Place, Place)>,
    /// The imports of a module, keyed by their names in it.
    imports: BTreeMap<(Place, String), Place>,
}

impl Modules {
    /// Reads the modules in a folder that belongs to the module `place`.
    fn read_folder(&mut self, folder: &Path, place: &[String]) -> Result<(), Failed> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let inside = [place, std::slice::from_ref(&name)].concat();
            if path.is_dir() {
                // Other folders contain no modules, but templates or programs.
                if path.join("mod.rs").is_file() || path.with_extension("rs").is_file() {
                    self.read_folder(&path, &inside)?;
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let is_folders = ["mod", "lib", "main"].contains(&name.as_str());
                let place = if is_folders { place.to_owned() } else { inside };
                self.read(place, &std::fs::read_to_string(&path)?)
                    .map_err(|e| format!("{}: {e}", path.display()))?;
            }
        }
        Ok(())
    }

    /// Reads the text of a module.
    fn read(&mut self, place: Place, text: &str) -> Result<(), proc_macro2::LexError> {
        self.read_tokens(&place, text.parse()?);
        self.places.insert(place);
        Ok(())
    }

    fn read_tokens(&mut self, place: &Place, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Group(group) => {
                    // `mod name { … }` is a module within the file.
                    let inline = match at.checked_sub(2).map(|before| &tokens[before..at]) {
                        Some([TokenTree::Ident(word), TokenTree::Ident(name)]) if word == "mod" => {
                            [place.as_slice(), &[name.to_string()]].concat()
                        }
                        _ => place.clone(),
                    };
                    self.read_tokens(&inline, group.stream());
                    at += 1;
                }
                TokenTree::Ident(word) if word == "use" => {
                    let (paths, behind) = paths(&tokens, at + 1);
                    for path in &paths {
                        let target = from(place, &path.segments);
                        self.imports.insert((place.clone(), path.name.clone()), target.clone());
                        self.uses.push((place.clone(), target));
                    }
                    at = behind.max(at + 1);
                }
                TokenTree::Ident(word) if ["crate", "super", "self"].iter().any(|w| word == w) => {
                    let (paths, behind) = paths(&tokens, at);
                    let targets = paths.iter().map(|path| from(place, &path.segments));
                    self.uses.extend(targets.map(|target| (place.clone(), target)));
                    at = behind.max(at + 1);
                }
                _ => at += 1,
            }
        }
    }

    /// The module that defines what a path names.
    fn module_of(&self, path: &[String]) -> Place {
        let mut path = path.to_owned();
        // Limited to as many steps as there are imports, in case some import each other.
        for _ in 0..=self.imports.len() {
            let known = |len: &usize| self.places.contains(&path[..*len]);
            let depth = (0..=path.len()).rev().find(known).unwrap_or_default();
            let Some(item) = path.get(depth) else { return path };
            match self.imports.get(&(path[..depth].to_owned(), item.clone())) {
                Some(import) if *import != path[..=depth] => {
                    path = [import.as_slice(), &path[depth + 1..]].concat();
                }
                _ => return path[..depth].to_owned(),
            }
        }
        path
    }

    /// All circles. Of several connected ones, only one.
    fn circles(&self) -> Vec<String> {
        // For each parent module: which of its children uses which.
        let mut graphs: BTreeMap<&[String], BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
        for (place, path) in &self.uses {
            let target = self.module_of(path);
            let shared = place.iter().zip(&target).take_while(|(a, b)| a == b).count();
            if let (Some(user), Some(used)) = (place.get(shared), target.get(shared)) {
                let graph = graphs.entry(&place[..shared]).or_default();
                graph.entry(user).or_default().insert(used.clone());
            }
        }
        let circle = |(parent, graph): (&[String], _)| {
            let circle = circle(&graph)?;
            let named = |name: &String| [parent, std::slice::from_ref(name)].concat().join("::");
            Some(circle.iter().map(named).collect::<Vec<_>>().join(" → "))
        };
        graphs.into_iter().filter_map(circle).collect()
    }
}

/// A circle of a graph. Its first member is repeated at the end.
fn circle(graph: &BTreeMap<&str, BTreeSet<String>>) -> Option<Vec<String>> {
    fn visit(
        graph: &BTreeMap<&str, BTreeSet<String>>,
        node: &str,
        way: &mut Vec<String>,
        done: &mut BTreeSet<String>,
    ) -> Option<Vec<String>> {
        if let Some(start) = way.iter().position(|before| before == node) {
            return Some([&way[start..], &[node.to_owned()]].concat());
        }
        if !done.insert(node.to_owned()) {
            return None;
        }
        way.push(node.to_owned());
        let found = graph.get(node).into_iter().flatten().find_map(|n| visit(graph, n, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|node| visit(graph, node, &mut Vec::new(), &mut done))
}

/// A path in a source, such as the only one in `super::{kind::Kind as K}`.
struct Written {
    segments: Vec<String>,
    /// Its name where it is imported.
    name: String,
}

/// The paths that begin at a token, and the index after them.
fn paths(tokens: &[TokenTree], mut at: usize) -> (Vec<Written>, usize) {
    let is_colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    let mut segments: Vec<String> = Vec::new();
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(segment)) => segments.push(segment.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let is_comma =
                    |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() == ',');
                let paths = inner.split(is_comma).flat_map(|tokens| paths(tokens, 0).0);
                let whole = |path: Written| Written {
                    segments: [segments.as_slice(), &path.segments].concat(),
                    name: path.name,
                };
                return (paths.map(whole).collect(), at + 1);
            }
            _ => break,
        }
        at += 1;
        if !(is_colon(at) && is_colon(at + 1)) {
            break;
        }
        at += 2;
    }
    let renamed = match tokens.get(at..at + 2) {
        Some([TokenTree::Ident(word), TokenTree::Ident(name)]) if word == "as" => {
            Some(name.to_string())
        }
        _ => None,
    };
    let name = renamed.or(segments.last().cloned()).unwrap_or_default();
    (vec![Written { segments, name }], at)
}

/// Resolves a path, written in a module, from the crate's root.
fn from(place: &Place, path: &[String]) -> Place {
    let (mut base, mut rest) = (place.clone(), path);
    while let Some((first, behind)) = rest.split_first() {
        match first.as_str() {
            "crate" => base.clear(),
            "super" => drop(base.pop()),
            "self" => {}
            _ => break,
        }
        rest = behind;
    }
    [base.as_slice(), rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles(files: &[(&str, &str)]) -> Vec<String> {
        let mut modules = Modules::default();
        for (place, text) in files {
            let place = place.split("::").filter(|name| !name.is_empty()).map(str::to_owned);
            modules.read(place.collect(), text).unwrap();
        }
        modules.circles()
    }

    #[test]
    fn a_circle_is_named() {
        let run = ("run", "use crate::{plan::Plan, firmware::{self, read}};");
        let reference = ("reference", "pub fn f(lab: &crate::run::Lab) {}");
        let firmware = ("firmware", "mod tests { use super::super::reference::Host; }");
        assert_eq!(circles(&[run, reference]), [""; 0]);
        assert_eq!(circles(&[run, reference, firmware]), ["firmware → reference → run → firmware"]);
    }

    #[test]
    fn a_parent_and_its_children_are_one() {
        let root = ("", "mod a; mod b; pub use b::B; pub struct Own; use a::f;");
        let user = ("a", "use crate::{Own, B}; use super::*; // crate::a");
        assert_eq!(
            circles(&[root, user, ("b", "use super::Own; const TEXT: &str = \"crate::a\";")]),
            [""; 0]
        );
        // Something that the root only re-exports belongs to b.
        assert_eq!(circles(&[root, user, ("b", "use crate::a::A;")]), ["a → b → a"]);
    }

    #[test]
    fn every_level_counts() {
        let files = [
            ("x", "mod a; mod b;"),
            ("x::a", "use super::b;"),
            ("x::b", "use super::a::c::C as D;"),
            ("x::a::c", ""),
        ];
        assert_eq!(circles(&files), ["x::a → x::b → x::a"]);
    }
}
