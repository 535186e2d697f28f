//! The cascade stays flat: layers order the rules, so selectors can stay weak.

/// Returns the style sheet without comments.
fn strip_comments(css: &str) -> String {
    let mut stripped = String::new();
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        stripped.push_str(before);
        rest = after.split_once("*/").unwrap().1;
    }
    stripped + rest
}

/// Returns every selector of the sheet: the text before each `{` that is not an at-rule.
fn selectors(css: &str) -> Vec<String> {
    strip_comments(css)
        .split('{')
        .map(|before| before.rsplit(['}', ';', '{']).next().unwrap().trim().to_owned())
        .filter(|selector| !selector.is_empty() && !selector.starts_with('@'))
        .flat_map(|list| split_selector_list(&list))
        .collect()
}

/// Splits a selector list at commas outside of brackets.
fn split_selector_list(list: &str) -> Vec<String> {
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

/// Returns the number of ids and of classes. Attributes and pseudo-classes count as classes; `:not`, `:has` and `:is`
/// count by their argument.
fn specificity(selector: &str) -> (usize, usize) {
    let counted = selector.replace("::", " ").replace(":not(", "(").replace(":has(", "(").replace(":is(", "(");
    let classes = counted.matches(['.', '[', ':']).count();
    (counted.matches('#').count(), classes)
}

#[test]
fn specificity_is_counted_as_in_the_standard() {
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
fn only_hidden_is_important() {
    for (path, css) in super::files("static/css", "css") {
        for line in css.lines().filter(|line| line.contains("!important")) {
            assert!(line.trim().starts_with("[hidden]"), "{path}: {line}");
        }
    }
}

#[test]
fn everything_is_in_a_layer() {
    for (path, css) in super::files("static/css", "css") {
        let css = strip_comments(&css);
        let mut depth = 0_usize;
        for line in css.lines().filter(|line| !line.trim().is_empty()) {
            let allowed = ["@layer", "@keyframes", "}"].iter().any(|start| line.starts_with(start));
            assert!(depth > 0 || allowed, "{path}: this line is outside of the layers: {line}");
            depth = depth + line.matches('{').count() - line.matches('}').count();
        }
        assert_eq!(depth, 0, "{path}: brackets are not balanced");
    }
}

#[test]
fn elements_keep_document_order_and_do_not_stick() {
    for (path, css) in super::files("static/css", "css") {
        for banned in ["position: sticky", "position: fixed", "order: -", "text-align: justify", "gradient("] {
            assert!(!css.contains(banned), "{path}: {banned}");
        }
    }
}
