//! The rule of plain sentences: the first words of doc comments in Rust, and the length of sentences in the documents.

use std::fs;

/// First words that put a clause where the noun or the verb belongs. `None` in backticks is a value and stays allowed.
const OPENINGS: [&str; 17] = [
    "What", "Whatever", "How", "However", "Who", "Whoever", "Whom", "Whose", "Whether", "Where", "Wherever", "Of",
    "One", "None", "Nothing", "Nobody", "Somebody",
];

/// The most words in a sentence of a document. The rule for writers is 25; the test leaves room for names and links.
const MAX_WORDS: usize = 30;

/// The files of Rust that people write, with their text.
pub(crate) fn rust_sources() -> Vec<(String, String)> {
    let mut found: Vec<_> =
        ["src", "tests", "benches", "examples"].iter().flat_map(|folder| super::files(folder, "rs")).collect();
    found.push(("build.rs".to_owned(), super::read("build.rs")));
    found
}

/// The first line of each doc comment, with its number.
fn first_lines(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut open = "";
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start();
        let marker = ["///", "//!"].into_iter().find(|marker| line.starts_with(marker)).unwrap_or_default();
        if !marker.is_empty() && marker != open {
            found.push((number, line[3..].trim()));
        }
        open = marker;
    }
    found
}

fn opens_badly(line: &str) -> bool {
    let first: String = line.chars().take_while(|c| c.is_alphanumeric()).collect();
    OPENINGS.contains(&first.as_str()) || line.starts_with("That which")
}

#[test]
fn a_doc_comment_opens_with_a_noun_or_a_verb() {
    let mut faults = Vec::new();
    for (path, text) in rust_sources() {
        for (number, line) in first_lines(&text) {
            if opens_badly(line) {
                faults.push(format!("{path}:{number}: {line}"));
            }
        }
    }
    assert!(faults.is_empty(), "{} of these open badly:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn a_planted_opening_is_found() {
    let planted = [
        "//! What is stored of a renewal.",
        "/// Whether it is ready.",
        "/// None: it does not say where.",
        "    /// Of the hub.",
        "/// That which ends.",
        "/// One message.",
    ];
    for line in planted {
        let text = format!("{line}\n/// What follows is not the first line.\nfn f() {{}}\n");
        let opening = first_lines(&text)[0];
        assert!(opening.0 == 1 && opens_badly(opening.1), "{line}");
    }
    for line in
        ["/// `None` if there is no row.", "/// Returns what was stored.", "/// 1,000 rows.", "/// Ones' complement."]
    {
        assert!(!opens_badly(first_lines(line)[0].1), "{line}");
    }
    assert_eq!(first_lines("/// A\n/// B\nfn f() {}\n/// C\n"), [(1, "A"), (4, "C")]);
}

/// The documents, with their text.
fn documents() -> Vec<(String, String)> {
    let mut found: Vec<_> = fs::read_dir(super::root())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap()))
        .collect();
    found.extend(super::files("docs", "md"));
    found
}

/// The text without its fenced code; the lines stay where they are.
fn without_code(text: &str) -> String {
    let mut is_code = false;
    let mut blank_if_code = |line: &str| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        if is_code || is_fence { String::new() } else { line.to_owned() }
    };
    text.lines().map(&mut blank_if_code).collect::<Vec<_>>().join("\n")
}

fn is_prose(line: &str) -> bool {
    let after_number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_item = ["- ", "* ", "+ "].iter().any(|bullet| line.starts_with(bullet))
        || (after_number.len() < line.len() && after_number.starts_with(". "));
    // an indented line belongs to a list
    !is_item && !line.starts_with(['|', '#', '>', '<', '!', ' '])
}

/// The prose of a document, paragraph by paragraph. Tables, code, headings, quotes and lists are exempt.
fn paragraphs(text: &str) -> Vec<String> {
    let text = without_code(text);
    let blocks = text.split("\n\n").map(|block| block.trim_matches('\n'));
    let prose = blocks.map(|block| block.lines().take_while(|line| is_prose(line)).collect::<Vec<_>>().join(" "));
    prose.filter(|paragraph| !paragraph.is_empty()).collect()
}

/// The words of a sentence: code in backticks is one, and of a link only its text counts.
fn word_count(sentence: &str) -> usize {
    let mut plain = String::new();
    for (n, piece) in sentence.split('`').enumerate() {
        plain.push_str(if n % 2 == 0 { piece } else { "code" });
    }
    while let Some((before, rest)) = plain.split_once("](") {
        plain = format!("{before} {}", rest.split_once(')').map_or("", |(_, after)| after));
    }
    plain.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count()
}

/// The sentences of a paragraph. A full stop inside of code or of a name ends none.
fn sentences(paragraph: &str) -> Vec<String> {
    let (mut found, mut is_code) = (vec![String::new()], false);
    let mut chars = paragraph.chars().peekable();
    while let Some(c) = chars.next() {
        is_code ^= c == '`';
        if let Some(last) = found.last_mut() {
            last.push(c);
        }
        if !is_code && ['.', '!', '?', ':'].contains(&c) && chars.peek() == Some(&' ') {
            found.push(String::new());
        }
    }
    found
}

fn long_sentences(document: &str) -> Vec<String> {
    let all = paragraphs(document).into_iter().flat_map(|paragraph| sentences(&paragraph));
    all.filter(|sentence| word_count(sentence) > MAX_WORDS).collect()
}

#[test]
fn a_sentence_of_a_document_has_at_most_thirty_words() {
    let mut faults = Vec::new();
    for (path, text) in documents() {
        for sentence in long_sentences(&text) {
            faults.push(format!("{path}: {} words: {}", word_count(&sentence), sentence.trim()));
        }
    }
    assert!(faults.is_empty(), "{} sentences are too long:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn a_planted_long_sentence_is_found() {
    let words = |count: usize| vec!["word"; count].join(" ");
    let long = words(31);
    assert_eq!(long_sentences(&format!("# Title\n\nShort.\n{long}.\n")).len(), 1);
    assert_eq!(long_sentences(&format!("{}\n{}.", words(16), words(15))).len(), 1, "a sentence over two lines");
    assert_eq!(long_sentences(&format!("{}. {}.", words(30), words(30))), [""; 0]);
    for exempt in [
        format!("- {long}\n  {long}"),
        format!("1. {long}"),
        format!("| {long} |"),
        format!("```\n{long}\n\n{long}\n```"),
        format!("# {long}"),
        format!("Commands:\n- {long}"),
        format!("See `{long}`."),
        format!("See [here]({long})."),
    ] {
        assert_eq!(long_sentences(&exempt), [""; 0], "{exempt}");
    }
}
