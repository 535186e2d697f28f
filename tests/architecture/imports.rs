//! Reads which modules of the crate a source imports: by `use`, by a path in the code, and through re-exports.

use std::collections::{BTreeMap, BTreeSet};

use super::{production_code, sources};

/// A path from the root of the crate, such as `["db", "managed"]`.
pub(crate) type Path = Vec<String>;

/// Every module of the crate with its text, and what its `use` statements make known under which name.
pub(crate) struct Modules {
    modules: BTreeMap<Path, Module>,
}

struct Module {
    file: String,
    text: String,
    names: BTreeMap<String, Path>,
}

/// An import of a module by another.
pub(crate) struct Import {
    /// The file with the import.
    pub(crate) file: String,
    pub(crate) from: Path,
    pub(crate) to: Path,
}

impl Modules {
    /// Reads the sources below `src`.
    pub(crate) fn read() -> Self {
        let sources = sources("src", "rs").into_iter();
        Self::of_sources(sources.map(|(path, text)| (path.display().to_string(), text)))
    }

    /// Reads these files, named from `src`.
    pub(crate) fn of_sources(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let files = files.into_iter().map(|(file, text)| {
            let text = production_code(&text);
            (module_path(&file), Module { file, text, names: BTreeMap::new() })
        });
        let mut modules: BTreeMap<Path, Module> = files.collect();
        let paths: BTreeSet<_> = modules.keys().cloned().collect();
        for (path, module) in &mut modules {
            module.names = used_names(path, &module.text, &paths);
        }
        Self { modules }
    }

    /// Every import of one module by another, resolved to the module that defines what is imported.
    pub(crate) fn imports(&self) -> Vec<Import> {
        let mut found = Vec::new();
        for (from, module) in &self.modules {
            let targets: BTreeSet<_> = paths_in(from, &module.text).iter().map(|path| self.resolve(path, 0)).collect();
            for to in targets.into_iter().filter(|to| to != from) {
                found.push(Import { file: module.file.clone(), from: from.clone(), to });
            }
        }
        found
    }

    /// The module that defines what `path` names. Re-exports are followed at most `4` times.
    fn resolve(&self, path: &[String], depth: usize) -> Path {
        let known = (0..=path.len()).rev().find(|&length| self.modules.contains_key(&path[..length])).unwrap_or(0);
        let (module, rest) = path.split_at(known);
        let renamed = rest.first().and_then(|item| self.modules.get(module)?.names.get(item));
        match renamed.filter(|target| depth < 4 && target.as_slice() != path) {
            Some(target) => self.resolve(&[target.as_slice(), &rest[1..]].concat(), depth + 1),
            None => module.to_vec(),
        }
    }
}

/// `src/jobs/mod.rs` and `src/jobs.rs` are both `["jobs"]`.
fn module_path(file: &str) -> Path {
    let file = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    file.split('/').filter(|part| !["lib", "main"].contains(part)).map(str::to_owned).collect()
}

/// The paths that a module's text names, by `use` or elsewhere.
fn paths_in(module: &[String], text: &str) -> BTreeSet<Path> {
    let mut found = BTreeSet::new();
    for root in ["crate::", "super::", "self::"] {
        for (start, _) in text.match_indices(root) {
            let is_first = !text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            if is_first && let Some((base, rest)) = absolute(module, &text[start..]) {
                let mut named = Vec::new();
                expand(rest, &base, &mut named);
                found.extend(named.into_iter().map(|(_, path)| path));
            }
        }
    }
    found
}

/// Replaces `crate`, `self` and `super` at the start of a path by the module that they mean here.
fn absolute<'a>(module: &[String], path: &'a str) -> Option<(Path, &'a str)> {
    if let Some(rest) = path.strip_prefix("crate::") {
        return Some((Path::new(), rest));
    }
    let (mut base, mut rest) = (module.to_vec(), path.strip_prefix("self::").unwrap_or(path));
    while let Some(after) = rest.strip_prefix("super::") {
        base.pop()?;
        rest = after;
    }
    Some((base, rest))
}

/// The names that the `use` statements of a module bring into it, with their paths. Private ones count too, since the
/// modules below see them.
fn used_names(module: &[String], text: &str, modules: &BTreeSet<Path>) -> BTreeMap<String, Path> {
    let mut names = Vec::new();
    for (start, keyword) in text.match_indices("use ").filter(|(start, _)| starts_statement(&text[..*start])) {
        let statement = &text[start + keyword.len()..];
        let first: String = statement.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let child = [module, std::slice::from_ref(&first)].concat();
        if ["crate", "self", "super"].contains(&first.as_str()) {
            if let Some((base, rest)) = absolute(module, statement) {
                expand(rest, &base, &mut names);
            }
        } else if modules.contains(&child) {
            expand(statement, module, &mut names);
        }
    }
    names.into_iter().collect()
}

fn starts_statement(before: &str) -> bool {
    let before = before.rsplit('\n').next().unwrap_or_default().trim_start();
    before.is_empty() || before.starts_with("pub")
}

/// Expands a `use` tree: each imported name with its path. Returns what follows the tree.
fn expand<'a>(tree: &'a str, base: &[String], found: &mut Vec<(String, Path)>) -> &'a str {
    let tree = tree.trim_start();
    if let Some(mut rest) = tree.strip_prefix('{') {
        loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            let after = expand(rest, base, found).trim_start();
            let after = after.strip_prefix(',').unwrap_or(after);
            if after.len() == rest.len() {
                return "";
            }
            rest = after;
        }
    }
    let end = tree.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(tree.len());
    let (name, rest) = tree.split_at(end);
    if name.is_empty() {
        // a glob names the module itself
        found.push((String::new(), base.to_vec()));
        return rest.strip_prefix('*').unwrap_or(rest);
    }
    let path = if name == "self" { base.to_vec() } else { [base, &[name.to_owned()]].concat() };
    if let Some(below) = rest.strip_prefix("::").filter(|below| !below.starts_with('<')) {
        return expand(below, &path, found);
    }
    let (alias, rest) = match rest.trim_start().strip_prefix("as ") {
        Some(renamed) => renamed.split_at(renamed.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(0)),
        None => (path.last().map_or("", String::as_str), rest),
    };
    found.push((alias.to_owned(), path.clone()));
    rest
}

#[test]
fn planted_imports_are_resolved() {
    let planted = [
        ("src/a/mod.rs", "pub use b::{Thing, deep::Other as Renamed};\nmod b;\nuse crate::c;"),
        ("src/a/b/mod.rs", "pub struct Thing;\nmod deep;\nuse super::d::{self, e};"),
        ("src/a/b/deep.rs", "// use crate::c;\npub struct Other;\nfn f() { super::super::d::g() }"),
        (
            "src/a/d.rs",
            "use super::{Renamed, b};\nuse crate::{c::{C, D}, a};\n#[cfg(test)]\nmod tests { use crate::e; }",
        ),
        ("src/c.rs", "use crate::a::Thing;"),
        ("src/e.rs", ""),
    ];
    let modules = Modules::of_sources(planted.map(|(file, text)| (file.to_owned(), text.to_owned())));
    let found: Vec<_> =
        modules.imports().iter().map(|import| format!("{} {}", import.from.join("::"), import.to.join("::"))).collect();
    let expected =
        ["a c", "a::b a::d", "a::b::deep a::d", "a::d a", "a::d a::b", "a::d a::b::deep", "a::d c", "c a::b"];
    assert_eq!(found, expected);
}
