//! The cascade stays flat: layers order it, so no selector needs to be strong.

/// The text without comments.
fn bare(css: &str) -> String {
    let mut bare = String::new();
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        bare.push_str(before);
        rest = after.split_once("*/").unwrap().1;
    }
    bare + rest
}

/// Every selector of the sheet: what stands before a `{` and is no at-rule.
fn selectors(css: &str) -> Vec<String> {
    bare(css)
        .split('{')
        .map(|before| before.rsplit(['}', ';', '{']).next().unwrap().trim().to_owned())
        .filter(|selector| !selector.is_empty() && !selector.starts_with('@'))
        .flat_map(|list| top_level_parts(&list))
        .collect()
}

/// Splits at commas that are not inside brackets.
fn top_level_parts(list: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in list.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).collect()
}

/// Ids, and what counts like a class: classes, attributes, pseudo-classes (`:not`, `:has` count by their argument).
fn specificity(selector: &str) -> (usize, usize) {
    let counted = selector.replace("::", " ").replace(":not(", "(").replace(":has(", "(").replace(":is(", "(");
    let classes = counted.matches(['.', '[', ':']).count();
    (counted.matches('#').count(), classes)
}

#[test]
fn specificity_is_counted_as_the_standard_counts_it() {
    assert_eq!(specificity(".nav [aria-current]:hover"), (0, 3));
    assert_eq!(specificity(".field:has(> .err)"), (0, 2));
    assert_eq!(specificity(".crumbs li + li::before"), (0, 1));
    assert_eq!(specificity("#main"), (1, 0));
}

#[test]
fn no_selector_is_stronger_than_two_classes() {
    for (path, css) in super::files("static/css", "css") {
        for selector in selectors(&css) {
            let (ids, classes) = specificity(&selector);
            assert!(ids == 0 && classes <= 2, "{path}: {selector}");
        }
    }
}

#[test]
fn nothing_is_important_but_hidden() {
    for (path, css) in super::files("static/css", "css") {
        for line in css.lines().filter(|line| line.contains("!important")) {
            assert!(line.trim().starts_with("[hidden]"), "{path}: {line}");
        }
    }
}

#[test]
fn everything_is_in_a_layer() {
    for (path, css) in super::files("static/css", "css") {
        let outside = bare(&css);
        let mut depth = 0_usize;
        for line in outside.lines().filter(|line| !line.trim().is_empty()) {
            let allowed = ["@layer", "@keyframes", "}"].iter().any(|start| line.starts_with(start));
            assert!(depth > 0 || allowed, "{path}: outside of the layers: {line}");
            depth = depth + line.matches('{').count() - line.matches('}').count();
        }
        assert_eq!(depth, 0, "{path}: a bracket is missing");
    }
}

#[test]
fn nothing_sticks_and_order_is_the_order_of_the_document() {
    for (path, css) in super::files("static/css", "css") {
        for banned in ["position: sticky", "position: fixed", "order: -", "text-align: justify", "gradient("] {
            assert!(!css.contains(banned), "{path}: {banned}");
        }
    }
}
