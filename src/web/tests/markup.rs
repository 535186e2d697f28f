//! Markup rules of every page, each needed by some readers or assistive technology.

use std::collections::HashSet;

use scraper::{ElementRef, Html, Selector};

fn all<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

fn name_of(element: &ElementRef) -> String {
    element.text().collect::<String>().trim().to_owned()
}

/// Checks a rendered page and panics at the first broken rule.
pub(super) fn check(html: &str) {
    let page = Html::parse_document(html);
    assert_eq!(all(&page, "h1").len(), 1, "a page has one h1");
    assert_eq!(all(&page, "main").len(), 1, "a page has one main");
    assert!(all(&page, "[autofocus]").len() <= 1, "focus is put on one thing at most");
    assert!(all(&page, "[style], style, script:not([src])").is_empty(), "nothing is inline");
    assert!(
        all(&page, "[required], [pattern], [maxlength], [placeholder], [type=number]").is_empty(),
        "the server checks"
    );
    headings_step_down(&page);
    ids_resolve(&page);
    controls_have_names(&page);
}

fn headings_step_down(page: &Html) {
    let mut last = 0;
    for heading in all(page, "main h1, main h2, main h3, main h4").iter().map(|heading| heading.value().name()) {
        let level = heading[1..].parse::<usize>().unwrap();
        // a message or a summary stands above the h1
        assert!(last == 0 || level <= last + 1, "{heading} follows h{last}");
        last = level.max(1);
    }
}

fn ids_resolve(page: &Html) {
    let mut ids = HashSet::new();
    for element in all(page, "[id]") {
        let id = element.value().id().unwrap();
        assert!(ids.insert(id.to_owned()), "id {id} is used twice");
    }
    for attribute in ["for", "aria-labelledby", "aria-describedby", "data-copy"] {
        for element in all(page, &format!("[{attribute}]")) {
            for id in element.value().attr(attribute).unwrap().split(' ') {
                assert!(ids.contains(id), "{attribute} names {id}, which is not on the page");
            }
        }
    }
    for link in all(page, "a[href^='#']") {
        let id = &link.value().attr("href").unwrap()[1..];
        assert!(ids.contains(id), "a link leads to {id}, which is not on the page");
    }
}

fn controls_have_names(page: &Html) {
    for control in all(page, "button, a[href], summary, legend, label") {
        assert!(!name_of(&control).is_empty(), "no text: {}", control.html());
    }
    for control in all(page, "input:not([type=hidden]), select, textarea") {
        let labelled = control.value().id().is_some_and(|id| !all(page, &format!("label[for='{id}']")).is_empty());
        let inside = control.ancestors().filter_map(ElementRef::wrap).any(|parent| parent.value().name() == "label");
        assert!(
            labelled || inside || control.value().attr("aria-labelledby").is_some(),
            "no label: {}",
            control.html()
        );
    }
}
