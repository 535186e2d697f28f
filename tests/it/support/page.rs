//! An answer to a browser, read by CSS selector.

use http::{HeaderMap, HeaderName, StatusCode};
use scraper::{ElementRef, Html, Selector};

/// An answer.
pub(crate) struct Page {
    path: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Page {
    pub(super) fn new(path: &str, status: StatusCode, headers: HeaderMap, body: String) -> Self {
        Self { path: path.to_owned(), status, headers, body }
    }

    /// Returns the path and the query of the request.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Returns the text of a header.
    pub(crate) fn header(&self, name: impl TryInto<HeaderName>) -> Option<&str> {
        let name = name.try_into().ok().expect("a header's name");
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Returns the text of each element that matches, with white space as a browser shows it.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let page = Html::parse_document(&self.body);
        let selector = parse(selector);
        page.select(&selector).filter(|it| !is_folded(it)).map(text).collect()
    }

    /// Returns the text of the only element that matches; panics if there is none or more.
    pub(crate) fn text(&self, selector: &str) -> String {
        let texts = self.texts(selector);
        assert_eq!(texts.len(), 1, "{selector} matches {} elements of {}:\n{}", texts.len(), self.path, self.body);
        texts.into_iter().next().unwrap()
    }

    /// Returns an attribute of the first element that matches, or `None` without such an element or attribute.
    pub(crate) fn attr(&self, selector: &str, name: &str) -> Option<String> {
        let page = Html::parse_document(&self.body);
        let selector = parse(selector);
        let found = page.select(&selector).find(|it| !is_folded(it));
        found?.attr(name).map(ToOwned::to_owned)
    }

    /// Returns an attribute of each element that matches and has the attribute.
    pub(crate) fn attrs(&self, selector: &str, name: &str) -> Vec<String> {
        let page = Html::parse_document(&self.body);
        let selector = parse(selector);
        let found = page.select(&selector).filter(|it| !is_folded(it));
        found.filter_map(|found| found.attr(name).map(ToOwned::to_owned)).collect()
    }

    /// Returns true if an element matches.
    pub(crate) fn has(&self, selector: &str) -> bool {
        !self.texts(selector).is_empty()
    }

    /// Parses the answer as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{}: {error}:\n{}", self.path, self.body))
    }

    /// Parses the data of server-sent events as JSON; those without data are left out.
    pub(crate) fn events(&self) -> Vec<serde_json::Value> {
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
        data.filter(|data| !data.is_empty()).map(|data| serde_json::from_str(data).unwrap()).collect()
    }

    pub(super) fn form(&self, selector: &str) -> HtmlForm {
        let page = Html::parse_document(&self.body);
        let form = page.select(&parse(selector)).next();
        HtmlForm::read(form.unwrap_or_else(|| panic!("{} has no {selector}:\n{}", self.path, self.body)))
    }
}

/// Returns what a browser sends of the controls in a part of a page: lines end with CR LF, and fields for dates and times hold
/// those or nothing.
pub(crate) fn sent_fields(html: &str) -> Vec<(String, String)> {
    let page = Html::parse_document(&format!("<form>{html}</form>"));
    let form = page.select(&parse("form")).next().unwrap();
    let fields = HtmlForm::read(form).fields.into_iter();
    fields.map(|(name, text)| (name, text.replace('\n', "\r\n"))).collect()
}

/// A form as a browser would send it.
pub(super) struct HtmlForm {
    pub(super) action: String,
    pub(super) is_post: bool,
    /// Files are sent with the form.
    pub(super) takes_files: bool,
    /// The fields that are sent unchanged, in order.
    fields: Vec<(String, String)>,
    /// Every name, including those of unchecked boxes and of buttons that were not pressed.
    names: Vec<String>,
}

impl HtmlForm {
    fn read(form: ElementRef<'_>) -> Self {
        let mut found = Self {
            action: form.attr("action").unwrap_or_default().to_owned(),
            is_post: form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post")),
            takes_files: form.attr("enctype") == Some("multipart/form-data"),
            fields: Vec::new(),
            names: Vec::new(),
        };
        let mut pressed = false;
        for control in form.select(&parse("input, textarea, select, button")) {
            let Some(name) = control.attr("name").map(ToOwned::to_owned) else {
                pressed |= control.value().name() == "button";
                continue;
            };
            found.names.push(name.clone());
            if let Some(value) = value(control, &mut pressed) {
                found.fields.push((name, value));
            }
        }
        found
    }

    /// Returns the fields to send, with `changes` in place of the values of the page.
    pub(super) fn fields_with(&self, changes: &[(&str, &str)]) -> Vec<(String, String)> {
        for (name, _) in changes {
            assert!(self.names.iter().any(|own| own == name), "the form has no {name}, only {:?}", self.names);
        }
        let unchanged =
            self.fields.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)).cloned();
        unchanged.chain(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).collect()
    }
}

/// Returns the value that a control sends. Of the buttons, the first is pressed.
fn value(control: ElementRef<'_>, pressed: &mut bool) -> Option<String> {
    let own = || control.attr("value").unwrap_or_default().to_owned();
    match (control.value().name(), control.attr("type").unwrap_or_default()) {
        ("button", kind) => (kind != "button" && !std::mem::replace(pressed, true)).then(own),
        ("input", "checkbox" | "radio") => {
            control.attr("checked").map(|_| control.attr("value").unwrap_or("on").to_owned())
        }
        ("input", "file") => None,
        ("input", "date") => Some(own()).map(|text| if is_date(&text) { text } else { String::new() }),
        ("input", "time") => Some(own()).map(|text| if is_time(&text) { text } else { String::new() }),
        ("textarea", _) => Some(control.text().collect()),
        ("select", _) => {
            let chosen = control.select(&parse("option[selected]")).next();
            let option = chosen.or_else(|| control.select(&parse("option")).next())?;
            Some(option.attr("value").map_or_else(|| text(option), ToOwned::to_owned))
        }
        _ => Some(own()),
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').map(|part| (part.len(), part.parse::<u16>().unwrap_or(0))).collect();
    let [(4, year), (2, month), (2, day)] = parts[..] else { return false };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u16::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    year > 0 && (1..=12).contains(&month) && (1..=days).contains(&day)
}

/// Reports whether a control for times holds a text: no other one, and no fraction below a thousandth.
fn is_time(text: &str) -> bool {
    let (time, fraction) = text.split_once('.').map_or((text, "0"), |(time, fraction)| (time, fraction));
    let numbers: Vec<_> = time.split(':').map(|part| (part.len(), part.parse::<u8>().unwrap_or(99))).collect();
    let is_whole = matches!(numbers[..], [(2, 0..24), (2, 0..60)] | [(2, 0..24), (2, 0..60), (2, 0..60)]);
    is_whole && (1..=3).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the text of an element as a wide page shows it.
fn text(element: ElementRef<'_>) -> String {
    let texts = element.descendants().filter_map(|node| {
        let is_folded = node.ancestors().filter_map(ElementRef::wrap).any(is_fold);
        node.value().as_text().filter(|_| !is_folded)
    });
    texts.map(|it| it.text.as_ref()).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns true if only a narrow page shows the element, which repeats there what columns say.
fn is_folded(element: &ElementRef<'_>) -> bool {
    element.ancestors().filter_map(ElementRef::wrap).any(is_fold)
}

fn is_fold(element: ElementRef<'_>) -> bool {
    element.value().classes().any(|class| class == "fold")
}

fn parse(selector: &str) -> Selector {
    Selector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error}"))
}
