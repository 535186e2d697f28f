//! No two neighbours in a folder of `src` import each other, neither directly nor through others.

use std::collections::{BTreeMap, BTreeSet};

use super::imports::{Import, Modules};

/// Neighbours that still import each other: a folder, and the modules in it. This list may only get shorter.
const KNOWN_CIRCLES: &[(&str, &[&str])] = &[];

/// The imports between the neighbours of one folder, each with its first file.
type Graph = BTreeMap<(String, String), String>;

/// A folder, and the neighbours in it that reach each other.
type Circle = (String, Vec<String>);

#[test]
fn neighbours_do_not_import_each_other() {
    let found: BTreeMap<_, _> =
        graphs(&Modules::read().imports()).iter().flat_map(|(folder, graph)| circles(folder, graph)).collect();
    let is_within = |(folder, members): &Circle, known: &(&str, &[&str])| {
        *folder == known.0 && members.iter().all(|member| known.1.contains(&member.as_str()))
    };
    let new: Vec<_> =
        found.iter().filter(|(circle, _)| !KNOWN_CIRCLES.iter().any(|it| is_within(circle, it))).collect();
    let report = |((folder, members), edges): &(&Circle, &Vec<String>)| {
        format!("src/{folder}: {members:?}\n{}", edges.join("\n"))
    };
    assert!(new.is_empty(), "{}", new.iter().map(report).collect::<Vec<_>>().join("\n"));
    let gone: Vec<_> =
        KNOWN_CIRCLES.iter().filter(|known| !found.keys().any(|circle| is_within(circle, known))).collect();
    assert!(gone.is_empty(), "KNOWN_CIRCLES lists what is gone: {gone:?}");
}

#[test]
fn a_planted_circle_is_found() {
    let planted = [
        ("src/a/mod.rs", "mod b;\nmod c;\nmod d;\npub use b::B;"),
        ("src/a/b.rs", "use super::c::C;"),
        ("src/a/c/mod.rs", "mod deep;"),
        ("src/a/c/deep.rs", "use super::super::B;"),
        ("src/a/d.rs", "use super::b;"),
    ];
    let modules = Modules::of_sources(planted.map(|(file, text)| (file.to_owned(), text.to_owned())));
    let found: Vec<_> = graphs(&modules.imports()).iter().flat_map(|(folder, graph)| circles(folder, graph)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, ("a".to_owned(), vec!["b".to_owned(), "c".to_owned()]));
}

/// For each folder, what its direct modules import of each other. Imports of the folder's own `mod.rs` are no edge.
fn graphs(imports: &[Import]) -> BTreeMap<String, Graph> {
    let mut graphs: BTreeMap<String, Graph> = BTreeMap::new();
    for import in imports {
        let shared = import.from.iter().zip(&import.to).take_while(|(from, to)| from == to).count();
        let (Some(from), Some(to)) = (import.from.get(shared), import.to.get(shared)) else { continue };
        // the top level has its ranks
        if shared > 0 {
            let graph = graphs.entry(import.from[..shared].join("/")).or_default();
            graph.entry((from.clone(), to.clone())).or_insert_with(|| import.file.clone());
        }
    }
    graphs
}

/// Each set of neighbours that reach each other, with the imports among them.
fn circles(folder: &str, graph: &Graph) -> BTreeMap<Circle, Vec<String>> {
    let nodes: BTreeSet<_> = graph.keys().flat_map(|(from, to)| [from, to]).collect();
    let reached: BTreeMap<_, _> = nodes.iter().map(|node| (*node, reachable(node, graph))).collect();
    let mut found = BTreeMap::new();
    for node in &nodes {
        let members: Vec<_> =
            nodes.iter().filter(|other| reached[*node].contains(**other) && reached[*other].contains(*node)).collect();
        if !members.is_empty() {
            let inside = |name: &String| members.iter().any(|member| **member == name);
            let edges = graph.iter().filter(|((from, to), _)| inside(from) && inside(to));
            let edges = edges.map(|((from, to), file)| format!("  {from} -> {to} ({file})")).collect();
            let members = members.into_iter().map(|member| (*member).clone()).collect();
            found.insert((folder.to_owned(), members), edges);
        }
    }
    found
}

/// The neighbours that `start` imports, directly or through others.
fn reachable<'a>(start: &str, graph: &'a Graph) -> BTreeSet<&'a String> {
    let (mut found, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(node) = open.pop() {
        for ((_, to), _) in graph.iter().filter(|((from, _), _)| from == node) {
            if found.insert(to) {
                open.push(to);
            }
        }
    }
    found
}
