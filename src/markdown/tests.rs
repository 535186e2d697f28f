//! Markdown as HTML: the form of each element, and that no text gets past the list of tags.

use proptest::prelude::*;
use scraper::Html;

use super::safe_html::{SCHEMES, TAGS};
use super::{MAX_LENGTH, Piece, render, render_inline, split_addresses, web_address};

fn html(text: &str) -> String {
    render(text, 4).unwrap().to_string().replace('\n', "")
}

#[test]
fn markdown_becomes_html() {
    assert_eq!(html("A *b* **c** `d` ~~e~~"), "<p>A <em>b</em> <strong>c</strong> <code>d</code> <del>e</del></p>");
    assert_eq!(html("3. a\n4. b"), r#"<ol start="3"><li>a</li><li>b</li></ol>"#);
    assert_eq!(html("- [x] done\n- [ ] open"), "<ul><li>☑ done</li><li>☐ open</li></ul>");
    assert_eq!(html("```html\n<b> https://a.example\n```"), "<pre><code>&lt;b&gt; https://a.example</code></pre>");
    assert_eq!(html("> a\n\n---"), "<blockquote><p>a</p></blockquote><hr>");
    let table = html("| a | |\n|:-:|---|\n| 1 | 2 |");
    assert!(
        table.contains(r#"tabindex="0" aria-label="Table"><table><thead><tr><th scope="col">a</th><td></td>"#),
        "{table}"
    );
    assert!(table.ends_with("<tbody><tr><td>1</td><td>2</td></tr></tbody></table></div>"), "{table}");
}

#[test]
fn headings_begin_at_the_level_of_the_page_and_skip_none() {
    assert_eq!(html("# a\n### b\n## c\n#### d"), "<h4>a</h4><h5>b</h5><h5>c</h5><h6>d</h6>");
    assert_eq!(html("### a\n# b"), "<h4>a</h4><h4>b</h4>");
    assert_eq!(html("# a\n## b\n### c\n#### d"), "<h4>a</h4><h5>b</h5><h6>c</h6><h6>d</h6>");
}

#[test]
fn html_of_the_text_is_shown_as_text() {
    assert_eq!(html("a <b onclick=x>c</b>"), "<p>a &lt;b onclick=x&gt;c&lt;/b&gt;</p>");
    assert_eq!(html("<script>\nalert(1)\n</script>"), "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>");
    assert_eq!(html("a<br/>b"), "<p>a<br>b</p>");
}

#[test]
fn links_lead_to_the_web_and_to_mail_only_and_say_where() {
    let rel = r#"rel="noopener noreferrer nofollow""#;
    let link = |address: &str, text: &str| format!(r#"<a href="{address}" {rel}>{text}</a>"#);
    assert_eq!(html("[a](https://b.example/c)"), format!("<p>{} (b.example)</p>", link("https://b.example/c", "a")));
    let plain = link("https://b.example/c", "https://b.example/c");
    assert_eq!(html("<https://b.example/c>"), format!("<p>{plain}</p>"));
    assert_eq!(html("See https://b.example/c."), format!("<p>See {plain}.</p>"));
    assert_eq!(html("[a](mailto:b@c.example)"), format!("<p>{} (b@c.example)</p>", link("mailto:b@c.example", "a")));
    assert_eq!(html("[](https://b.example/)"), format!("<p>{}</p>", link("https://b.example/", "b.example")));
    for refused in
        ["javascript:alert(1)", "/jobs", "data:text/html,x", "https://bank.example@evil.example", "//x.example"]
    {
        assert_eq!(html(&format!("[a]({refused})")), "<p>a</p>", "{refused}");
    }
}

#[test]
fn images_become_links() {
    let rel = r#"rel="noopener noreferrer nofollow""#;
    let linked = |text: &str| format!(r#"<p><a href="https://b.example/c.png" {rel}>{text}</a> (b.example)</p>"#);
    assert_eq!(html("![a](https://b.example/c.png)"), linked("Picture: a"));
    assert_eq!(html("![](https://b.example/c.png)"), linked("Picture"));
    assert_eq!(html("[![a](https://x.example/)](https://b.example/c.png)"), linked("Picture: a"));
}

#[test]
fn hidden_characters_are_words() {
    assert_eq!(html("a\u{202e}b `\u{200b}`"), "<p>a[U+202E]b <code>[U+200B]</code></p>");
    assert_eq!(html("a&#x202e;b"), "<p>a[U+202E]b</p>");
}

#[test]
fn a_text_that_is_too_long_or_too_deep_is_not_rendered() {
    assert!(render(&"a".repeat(MAX_LENGTH + 1), 4).is_none());
    assert!(render(&format!("{} a", ">".repeat(50)), 4).is_none());
    assert_eq!(render_inline(&format!("{} <b>", ">".repeat(50))).as_str().matches("&gt;").count(), 51);
}

#[test]
fn a_text_in_a_paragraph_has_no_blocks() {
    let inline = |text: &str| render_inline(text).to_string();
    assert_eq!(inline("# a\nb *c*\n\n- `d`\n- e"), "a b <em>c</em>   • <code>d</code> • e".replace("   ", "  "));
    assert_eq!(inline("`<owner>/<repo>`, not <repo>"), "<code>&lt;owner&gt;/&lt;repo&gt;</code>, not &lt;repo&gt;");
}

#[test]
fn addresses_are_found_in_text() {
    let addresses = |text| {
        let is_address = |piece| if let Piece::Address(address) = piece { Some(address) } else { None };
        split_addresses(text).into_iter().filter_map(is_address).collect::<Vec<_>>()
    };
    assert_eq!(
        addresses("(https://a.example/b_(c)) and https://d.example, xhttps://e.example"),
        ["https://a.example/b_(c)", "https://d.example"]
    );
    assert_eq!(addresses("http http:// https://a@b.example https://"), Vec::<&str>::new());
    assert!(web_address("https://a.example\\@b.example").is_none());
}

/// Pieces of Markdown and of attacks on those who render it.
const TOKENS: [&str; 44] = [
    "#",
    "*",
    "**",
    "_",
    "`",
    "```",
    "~~~",
    "~~",
    "\n",
    "\n\n",
    "    ",
    "- ",
    "1. ",
    "> ",
    "|",
    "|-|-|",
    "---",
    "[",
    "](",
    "]",
    ")",
    "![",
    "<",
    ">",
    "</",
    "<script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=a>",
    "<a href='",
    "'>",
    "<!--",
    "-->",
    "\"",
    "javascript:",
    "https://a.example",
    "mailto:a@b.example",
    "&#106;avascript:",
    "&lt;",
    "<![CDATA[",
    "\\",
    "\u{202e}",
    "\u{200b}",
    "[x]: javascript:alert(1)",
    "text",
];

proptest! {
    #[test]
    fn any_text_becomes_allowed_html(tokens in prop::collection::vec(prop::sample::select(&TOKENS[..]), 0..60), letters in ".{0,20}") {
        let text = format!("{}{letters}", tokens.concat());
        for html in [render(&text, 4), Some(render_inline(&text))].into_iter().flatten() {
            check(html.as_str())?;
        }
    }

    #[test]
    fn the_pieces_of_a_text_are_the_text(text in "(http|https|://|a\\.example|[ -~]|\\PC){0,30}") {
        let pieces: String = split_addresses(&text).into_iter().map(|piece| match piece { Piece::Text(it) | Piece::Address(it) => it }).collect();
        prop_assert_eq!(pieces, text);
    }
}

/// Checks each element and each attribute, as a browser reads them.
fn check(html: &str) -> Result<(), TestCaseError> {
    for node in Html::parse_fragment(html).tree.values() {
        prop_assert!(!node.is_comment(), "{}", html);
        let Some(element) = node.as_element() else { continue };
        let name = element.name();
        let is_wrapper = matches!(name, "html" | "body") || name == "div" && element.attr("class") == Some("scroll");
        prop_assert!(is_wrapper || TAGS.contains(&name), "{} in {}", name, html);
        for (attribute, value) in element.attrs() {
            let is_allowed = match (name, attribute) {
                ("a", "href") => SCHEMES.iter().any(|scheme| value.starts_with(&format!("{scheme}:"))),
                ("a", "rel") => value == "noopener noreferrer nofollow",
                ("div", attribute) => ["class", "role", "tabindex", "aria-label"].contains(&attribute),
                known => matches!(known, ("ol", "start") | ("th", "scope")),
            };
            prop_assert!(is_allowed, "{}={} in {}", attribute, value, html);
        }
    }
    Ok(())
}
