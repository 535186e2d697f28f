//! The difference of two texts, word by word, as spans that are safe to show.
//!
//! A changed span names each hidden character and each unusual space in it: a reader has to see what was changed.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::foreign_text::{clean_text, name_hidden};

/// Characters that are shown of an equal part beside each change.
const CONTEXT_CHARS: usize = 200;

/// Maximum number of characters of a difference.
const MAX_SHOWN_CHARS: usize = 40_000;

/// A part of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// A part of both texts.
    Same(String),
    /// A part of the former text only.
    Removed(String),
    /// A part of the new text only.
    Added(String),
    /// A part of both texts that is left out.
    Skipped,
}

/// The difference of two texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WordDiff {
    /// The parts, in order.
    pub spans: Vec<Span>,
    /// Set if the difference is longer than what is shown.
    pub is_cut: bool,
}

/// The work that a page may spend on comparing. Texts beyond it are shown as replaced as a whole.
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(50_000_000)
    }
}

impl WordDiff {
    /// Compares two texts: first their lines, then the words of the lines that differ.
    pub(super) fn new(before: &str, after: &str, budget: &mut Budget) -> Self {
        let (old, new) = (split_lines(before), split_lines(after));
        let mut changes = Changes::default();
        for op in compare(&old, &new, budget) {
            let (_, from, to) = op.as_tag_tuple();
            if let DiffOp::Replace { .. } = op {
                changes.add_words(&old[from].concat(), &new[to].concat(), budget);
            } else {
                changes.add(&op, &old, &new);
            }
        }
        changes.joined().into_diff()
    }
}

/// Compares two lists in at most quadratic time, if the budget allows it.
fn compare(old: &[&str], new: &[&str], budget: &mut Budget) -> Vec<DiffOp> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old_len, new_len) = (old_rest.len() - end, new_rest.len() - end);
    let cost = (old_len + new_len).saturating_pow(2);
    if let Some(rest) = budget.0.checked_sub(cost) {
        budget.0 = rest;
        return capture_diff_slices(Algorithm::Myers, old, new);
    }
    vec![
        DiffOp::Equal { old_index: 0, new_index: 0, len: start },
        DiffOp::Replace { old_index: start, old_len, new_index: start, new_len },
        DiffOp::Equal { old_index: start + old_len, new_index: start + new_len, len: end },
    ]
}

/// Splits a text after each line break.
fn split_lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Splits a text into words, runs of white space, and single other characters.
fn split_words(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let kind = |letter: char| (letter.is_alphanumeric() || letter == '_', letter.is_whitespace());
        let is_run = kind(first) != (false, false);
        let end = rest.char_indices().skip(1).find(|(_, letter)| !is_run || kind(*letter) != kind(first));
        let (word, tail) = rest.split_at(end.map_or(rest.len(), |(index, _)| index));
        found.push(word);
        rest = tail;
    }
    found
}

/// A list of differences under construction: a part of both texts, and what was removed and added after it.
#[derive(Default)]
struct Changes(Vec<Change>);

#[derive(Default)]
struct Change {
    same: String,
    removed: String,
    added: String,
}

impl Change {
    fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }
}

impl Changes {
    fn add_words(&mut self, before: &str, after: &str, budget: &mut Budget) {
        let (old, new) = (split_words(before), split_words(after));
        for op in compare(&old, &new, budget) {
            self.add(&op, &old, &new);
        }
    }

    fn add(&mut self, op: &DiffOp, old: &[&str], new: &[&str]) {
        let (_, from, to) = op.as_tag_tuple();
        if let DiffOp::Equal { .. } = op {
            self.add_same(&old[from].concat());
            return;
        }
        if self.0.is_empty() {
            self.0.push(Change::default());
        }
        if let Some(change) = self.0.last_mut() {
            change.removed.push_str(&old[from].concat());
            change.added.push_str(&new[to].concat());
        }
    }

    fn add_same(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(change) if change.is_empty() => change.same.push_str(text),
            _ => self.0.push(Change { same: text.to_owned(), ..Change::default() }),
        }
    }

    /// Joins changes with nothing but a space between them: whole phrases are easier to read.
    fn joined(self) -> Self {
        let mut joined: Vec<Change> = Vec::with_capacity(self.0.len());
        for change in self.0 {
            let is_near = change.same.chars().all(|letter| letter == ' ') && !change.is_empty();
            match joined.last_mut() {
                Some(last) if is_near && !last.is_empty() => {
                    last.removed.extend([change.same.as_str(), &change.removed]);
                    last.added.extend([change.same.as_str(), &change.added]);
                }
                _ => joined.push(change),
            }
        }
        Self(joined)
    }

    fn into_diff(self) -> WordDiff {
        let count = self.0.len();
        let mut diff = WordDiff::default();
        let mut shown = 0;
        for (index, change) in self.0.into_iter().enumerate() {
            if shown > MAX_SHOWN_CHARS {
                diff.is_cut = true;
                break;
            }
            let is_last = index + 1 == count && change.is_empty();
            push_context(&mut diff.spans, &change.same, index == 0, is_last);
            let room = MAX_SHOWN_CHARS - shown.min(MAX_SHOWN_CHARS);
            for (text, span) in [(change.removed, Span::Removed as fn(String) -> Span), (change.added, Span::Added)] {
                if !text.is_empty() {
                    let part: String = text.chars().take(room).collect();
                    diff.is_cut |= part.len() < text.len();
                    shown += part.chars().count();
                    diff.spans.push(span(name_changed(&part)));
                }
            }
        }
        diff
    }
}

/// Names hidden characters, and the white space of a change that consists of nothing else.
fn name_changed(text: &str) -> String {
    let named = name_hidden(text);
    if named.chars().any(|letter| !letter.is_whitespace()) {
        return named;
    }
    let name = |count: usize, one: &str, several: &str| match count {
        0 => String::new(),
        1 => format!("[{one}]"),
        _ => format!("[{count} {several}]"),
    };
    let breaks = named.matches('\n').count();
    name(named.chars().count() - breaks, "space", "spaces") + &name(breaks, "line break", "line breaks")
}

/// Adds the ends of an equal part that stand beside a change.
fn push_context(spans: &mut Vec<Span>, same: &str, is_first: bool, is_last: bool) {
    let count = same.chars().count();
    let (head, tail) = (if is_first { 0 } else { CONTEXT_CHARS }, if is_last { 0 } else { CONTEXT_CHARS });
    let mut push = |text: String| {
        if !text.is_empty() {
            spans.push(Span::Same(clean_text(&text).into_owned()));
        }
    };
    if count <= head + tail {
        push(same.to_owned());
        return;
    }
    push(same.chars().take(head).collect());
    spans.push(Span::Skipped);
    let rest: String = same.chars().skip(count - tail).collect();
    if !rest.is_empty() {
        spans.push(Span::Same(clean_text(&rest).into_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Span, WordDiff};
    use proptest::prelude::*;

    /// Writes a difference as text: `[-removed-]`, `{+added+}`, `…` for what is left out.
    fn written(before: &str, after: &str) -> String {
        let spans = WordDiff::new(before, after, &mut Budget::default()).spans;
        let write = |span: &Span| match span {
            Span::Same(text) => text.clone(),
            Span::Removed(text) => format!("[-{text}-]"),
            Span::Added(text) => format!("{{+{text}+}}"),
            Span::Skipped => "…".to_owned(),
        };
        spans.iter().map(write).collect()
    }

    #[test]
    fn words_are_compared_within_lines() {
        assert_eq!(written("Plants a tree.", "Plants a shrub."), "Plants a [-tree-]{+shrub+}.");
        assert_eq!(written("a\nb\nc\n", "a\nB\nc\n"), "a\n[-b-]{+B+}\nc\n");
        assert_eq!(written("a small tree.", "a big shrub."), "a [-small tree-]{+big shrub+}.");
        assert_eq!(written("", "New"), "{+New+}");
        assert_eq!(written("same", "same"), "…");
    }

    #[test]
    fn a_changed_hidden_character_and_space_is_named() {
        assert_eq!(written("Plants it", "Pla\u{200b}nts it"), "[-Plants-]{+Pla[U+200B]nts+} it");
        assert_eq!(written("pay\u{202e}", "pay\u{202d}"), "pay[-[U+202E]-]{+[U+202D]+}");
        assert_eq!(written("a b", "a  b"), "a[-[space]-]{+[2 spaces]+}b");
        assert_eq!(written("a b", "a\u{a0}b"), "a[-[space]-]{+[U+00A0]+}b");
        // joiners that pictures and scripts need are named too, where they changed
        assert_eq!(written("👨👩", "👨\u{200d}👩"), "👨{+[U+200D]+}👩");
    }

    #[test]
    fn long_equal_parts_are_left_out() {
        let long = "x ".repeat(1_000);
        let shown = written(&format!("{long}tree {long}"), &format!("{long}shrub {long}"));
        assert!(shown.starts_with('…') && shown.ends_with('…') && shown.contains("[-tree-]{+shrub+}"), "{shown}");
        assert!(shown.chars().count() < 500);
    }

    #[test]
    fn texts_beyond_the_budget_are_replaced_as_a_whole() {
        let spans = WordDiff::new("one two three", "one 2 three 4", &mut Budget(0)).spans;
        let changed = [Span::Removed("two three".into()), Span::Added("2 three 4".into())];
        assert_eq!((&spans[0], &spans[1..]), (&Span::Same("one ".into()), &changed[..]), "what they begin with stays");
        let huge = "tree ".repeat(100_000);
        assert!(WordDiff::new("", &huge, &mut Budget::default()).is_cut);
    }

    proptest! {
        #[test]
        fn equal_texts_alone_have_no_change(before in "[ab \n]{0,20}", after in "[ab \n]{0,20}") {
            let spans = WordDiff::new(&before, &after, &mut Budget::default()).spans;
            let is_change = |span: &Span| matches!(span, Span::Removed(_) | Span::Added(_));
            prop_assert_eq!(spans.iter().any(is_change), before != after);
        }
    }
}
