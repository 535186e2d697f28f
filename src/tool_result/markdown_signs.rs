//! The rule by which a text counts as Markdown.
//!
//! Signs that other texts hardly have count two: a pair of code fences, a table, a link. Signs that they may have count one: a
//! heading, bold words, a list. Two points make Markdown. Scripts, HTML and differences between files never are.

/// Beginnings of texts of other kinds.
const OTHER_BEGINNINGS: [&str; 6] = ["#!", "<!doctype", "<html", "<?xml", "diff --git", "--- "];

/// Reports whether a text is Markdown.
pub(super) fn is_markdown(text: &str) -> bool {
    let beginning = text.trim_start().get(..12).unwrap_or(text.trim_start()).to_lowercase();
    if OTHER_BEGINNINGS.iter().any(|other| beginning.starts_with(other)) || text.contains("\n@@ ") {
        return false;
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let count = |is_sign: fn(&str) -> bool| lines.iter().filter(|line| is_sign(line)).count();
    let points = [
        (count(is_fence) >= 2, 2),
        (has_table(&lines), 2),
        (has_link(text), 2),
        (has_heading(&lines), 1),
        (has_bold(text), 1),
        (count(is_item) >= 2, 1),
    ];
    points.iter().filter(|(has_sign, _)| *has_sign).map(|(_, points)| points).sum::<u32>() >= 2
}

fn is_fence(line: &str) -> bool {
    line.trim_start().starts_with("```")
}

fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let after_number = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
    ["- ", "* ", "+ "].iter().any(|mark| line.starts_with(mark))
        || (after_number.len() < line.len() && (after_number.starts_with(". ") || after_number.starts_with(") ")))
}

/// Reports whether a line of the text is a heading. Comments of scripts and settings look like headings of the first level, but
/// are followed by a line.
fn has_heading(lines: &[&str]) -> bool {
    lines.iter().enumerate().any(|(place, line)| {
        let level = line.bytes().take_while(|byte| *byte == b'#').count();
        let has_text = line[level..].starts_with(' ') && line[level..].trim_start().starts_with(char::is_alphanumeric);
        let stands_alone = lines.get(place + 1).is_none_or(|next| next.is_empty());
        has_text && (2..=6).contains(&level) || has_text && level == 1 && stands_alone
    })
}

/// Reports whether the text has a row of cells and below it the line that makes a table of it.
fn has_table(lines: &[&str]) -> bool {
    lines.windows(2).any(|pair| {
        let below = pair[1].trim();
        pair[0].contains('|')
            && below.contains('|')
            && below.contains("--")
            && below.chars().all(|letter| matches!(letter, '|' | '-' | ':' | ' '))
    })
}

fn has_link(text: &str) -> bool {
    text.contains("](http://") || text.contains("](https://") || text.contains("](mailto:")
}

fn has_bold(text: &str) -> bool {
    let mut parts = text.split("**");
    parts.next();
    // every other part stands between two signs
    parts.step_by(2).take(20).any(|part| {
        !part.is_empty()
            && part.len() < 200
            && !part.contains('\n')
            && part.trim() == part
            && part.contains(char::is_alphabetic)
    }) && text.matches("**").count() >= 2
}

#[cfg(test)]
mod tests {
    use super::is_markdown;

    #[test]
    fn texts_with_clear_signs_are_markdown() {
        for text in [
            "# Weather\n\n- **Rain**\n- Sun",
            "## Results\nFound **two**.",
            "See [the page](https://a.example).",
            "| a | b |\n|---|---|\n| 1 | 2 |",
            "Run this:\n```sh\nls\n```",
            "**Name:** x\n\n1. a\n2. b",
        ] {
            assert!(is_markdown(text), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not() {
        for text in [
            "Echo: hello",
            "- a\n- b",
            "a * b ** c, 2**3 and 4**5",
            "#!/bin/sh\n# Copy\n\n- x\n- y",
            "# comment\nname: x\nlist:\n- a\n- b",
            "diff --git a b\n@@ -1 +1 @@\n- # A\n\n- [x](https://a.example)",
            "--- a\n+++ b\n@@ -1 +1 @@\n-one\n+two",
            "<!DOCTYPE html>\n<p>[a](https://b.example)",
            "a | b\n1 | 2",
            "{\"a\": \"**b**\"}",
            "",
        ] {
            assert!(!is_markdown(text), "{text}");
        }
    }
}
