//! The parsed text, rewritten to what a page may show.

use pulldown_cmark::{Alignment, CodeBlockKind, CowStr, Event, HeadingLevel, LinkType, Tag, TagEnd};
use url::Url;

use super::MAX_DEPTH;
use super::addresses::{Piece, split_addresses, web_address};
use super::headings::Headings;
use crate::foreign_text::clean_text;

/// Rewrites a text with its blocks. Returns `None` if it is nested too deeply.
pub(super) fn blocks<'a>(events: impl Iterator<Item = Event<'a>>, top_level: u8) -> Option<Vec<Event<'a>>> {
    let mut rewriter = Rewriter::new(Some(Headings::new(top_level)));
    events.map(|event| rewriter.push(event)).collect::<Option<()>>()?;
    Some(rewriter.events)
}

/// Rewrites a text without its blocks, which follow each other. Returns `None` if it is nested too deeply.
pub(super) fn inline<'a>(events: impl Iterator<Item = Event<'a>>) -> Option<Vec<Event<'a>>> {
    let mut rewriter = Rewriter::new(None);
    events.map(|event| rewriter.push(event)).collect::<Option<()>>()?;
    Some(rewriter.events)
}

/// A link or an image that has begun.
struct OpenLink {
    /// The text that says where it leads, if it is a link on the page.
    destination: Option<String>,
    is_image: bool,
    text: String,
}

struct Rewriter<'a> {
    events: Vec<Event<'a>>,
    /// The headings, if blocks stay.
    headings: Option<Headings>,
    links: Vec<OpenLink>,
    depth: usize,
    is_code: bool,
}

impl<'a> Rewriter<'a> {
    const fn new(headings: Option<Headings>) -> Self {
        Self { events: Vec::new(), headings, links: Vec::new(), depth: 0, is_code: false }
    }

    fn push(&mut self, event: Event<'a>) -> Option<()> {
        match event {
            Event::Start(tag) => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return None;
                }
                self.start(tag);
            }
            Event::End(tag) => {
                self.depth = self.depth.saturating_sub(1);
                self.end(tag);
            }
            Event::InlineHtml(html) if is_line_break(&html) => self.events.push(Event::HardBreak),
            // what is HTML elsewhere is a text here
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            Event::Code(code) => {
                let code = clean_text(&code).into_owned();
                self.record(&code);
                self.events.push(Event::Code(code.into()));
            }
            Event::TaskListMarker(is_done) => self.plain(if is_done { "☑ " } else { "☐ " }),
            Event::SoftBreak | Event::HardBreak => {
                self.record(" ");
                self.events.push(event);
            }
            Event::Rule if self.headings.is_some() => self.events.push(Event::Rule),
            // not enabled: mathematics and footnotes
            Event::Rule | Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) => {}
        }
        Some(())
    }

    fn start(&mut self, tag: Tag<'a>) {
        match tag {
            Tag::Link { dest_url, .. } => self.open_link(&dest_url, false),
            Tag::Image { dest_url, .. } => self.open_link(&dest_url, true),
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough => self.events.push(Event::Start(tag)),
            Tag::CodeBlock(_) => {
                self.is_code = true;
                // the language would become a class
                self.open_block(Tag::CodeBlock(CodeBlockKind::Indented));
            }
            Tag::Heading { level, .. } => {
                let level = self.headings.as_mut().map_or(level as u8, |it| it.next_level(level as u8));
                let level = HeadingLevel::try_from(usize::from(level)).unwrap_or(HeadingLevel::H6);
                self.open_block(Tag::Heading { level, id: None, classes: Vec::new(), attrs: Vec::new() });
            }
            Tag::HtmlBlock => self.open_block(Tag::Paragraph),
            Tag::BlockQuote(_) => self.open_block(Tag::BlockQuote(None)),
            Tag::Table(columns) => self.open_block(Tag::Table(vec![Alignment::None; columns.len()])),
            other => self.open_block(other),
        }
    }

    fn open_block(&mut self, tag: Tag<'a>) {
        if self.headings.is_some() {
            self.events.push(Event::Start(tag));
        } else if !self.events.is_empty() {
            let is_item = matches!(tag, Tag::Item);
            self.plain(if is_item { " • " } else { " " });
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Link | TagEnd::Image => self.close_link(),
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => self.events.push(Event::End(tag)),
            _ => {
                self.is_code &= tag != TagEnd::CodeBlock;
                if self.headings.is_some() {
                    self.events.push(Event::End(self.end_of_block(tag)));
                }
            }
        }
    }

    /// Returns the end of a block whose beginning was rewritten.
    fn end_of_block(&self, tag: TagEnd) -> TagEnd {
        let open = |event: &Event<'_>| match event {
            Event::Start(Tag::Heading { level, .. }) => Some(*level),
            _ => None,
        };
        match tag {
            TagEnd::HtmlBlock => TagEnd::Paragraph,
            TagEnd::BlockQuote(_) => TagEnd::BlockQuote(None),
            // headings do not nest: the newest is the one that ends
            TagEnd::Heading(level) => TagEnd::Heading(self.events.iter().rev().find_map(open).unwrap_or(level)),
            other => other,
        }
    }

    fn open_link(&mut self, address: &str, is_image: bool) {
        // no link stands in a link
        let is_inside = self.links.iter().any(|link| link.destination.is_some());
        let target = if is_inside { None } else { destination(address) };
        if let Some((url, _)) = &target {
            let link_type = LinkType::Inline;
            let (dest_url, title, id) = (CowStr::from(url.to_string()), CowStr::from(""), CowStr::from(""));
            self.events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
        }
        let destination = target.map(|(_, shown)| shown);
        self.links.push(OpenLink { destination, is_image, text: String::new() });
        if is_image {
            self.events.push(Event::Text("Picture".into()));
        }
    }

    fn close_link(&mut self) {
        let Some(link) = self.links.pop() else { return };
        if let Some(outer) = self.links.last_mut() {
            outer.text.push_str(&link.text);
        }
        let Some(destination) = link.destination else { return };
        let is_empty = link.text.trim().is_empty() && !link.is_image;
        if is_empty {
            self.events.push(Event::Text(destination.clone().into()));
        }
        self.events.push(Event::End(TagEnd::Link));
        // a text can name another place than the one that the link leads to
        if !is_empty && !link.text.to_lowercase().contains(&destination) {
            self.events.push(Event::Text(format!(" ({destination})").into()));
        }
    }

    /// Adds a text, in which addresses of web pages become links.
    fn text(&mut self, text: &str) {
        let text = clean_text(text).into_owned();
        if self.is_code || !self.links.is_empty() {
            let is_first_of_image = self.links.last().is_some_and(|link| link.is_image && link.text.is_empty());
            if is_first_of_image && !text.trim().is_empty() {
                self.events.push(Event::Text(": ".into()));
            }
            self.record(&text);
            self.events.push(Event::Text(text.into()));
            return;
        }
        for piece in split_addresses(&text) {
            match piece {
                Piece::Text(text) => self.plain(text),
                Piece::Address(address) => {
                    self.open_link(address, false);
                    self.record(address);
                    self.events.push(Event::Text(address.to_owned().into()));
                    self.close_link();
                }
            }
        }
    }

    fn plain(&mut self, text: &str) {
        self.events.push(Event::Text(text.to_owned().into()));
    }

    /// Adds to the text of the open link.
    fn record(&mut self, text: &str) {
        if let Some(link) = self.links.last_mut() {
            link.text.push_str(text);
        }
    }
}

/// Returns the address of a link that a page may show, and the words that say where it leads.
fn destination(address: &str) -> Option<(Url, String)> {
    if let Some(url) = web_address(address) {
        let host = url.host_str()?.to_owned();
        return Some((url, host));
    }
    let url = Url::parse(address).ok().filter(|url| url.scheme() == "mailto" && url.path().contains('@'))?;
    let receiver = url.path().to_lowercase();
    Some((url, receiver))
}

fn is_line_break(html: &str) -> bool {
    let inner = html.strip_prefix("<br").and_then(|rest| rest.strip_suffix('>'));
    inner.is_some_and(|inner| matches!(inner.trim(), "" | "/"))
}
