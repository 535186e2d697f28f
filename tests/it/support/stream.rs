//! Reads a stream of server-sent events message by message.

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt as _;

use super::hang::in_time;

/// An open stream.
pub(crate) struct Stream {
    body: BodyDataStream,
    rest: String,
}

/// A message of the stream.
#[derive(Debug)]
pub(crate) struct Message {
    /// The event's name; `None` for parts of the page.
    pub(crate) name: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) data: String,
}

impl Stream {
    pub(super) fn new(body: Body) -> Self {
        Self { body: body.into_data_stream(), rest: String::new() }
    }

    /// Waits for the next message; returns `None` once the stream has ended.
    pub(crate) async fn message(&mut self) -> Option<Message> {
        loop {
            while let Some((text, rest)) = self.rest.split_once("\n\n") {
                let (message, read_to) = (parse_message(text), self.rest.len() - rest.len());
                self.rest.drain(..read_to);
                // a comment keeps the connection open and is no message
                if !message.data.is_empty() {
                    return Some(message);
                }
            }
            if !self.read_chunk().await {
                return None;
            }
        }
    }

    /// Waits until a page that is streamed as HTML contains `text`; returns the page so far.
    pub(crate) async fn arrived(&mut self, text: &str) -> &str {
        while !self.rest.contains(text) {
            assert!(self.read_chunk().await, "the page ended without “{text}”: {}", self.rest);
        }
        &self.rest
    }

    /// Appends the next chunk; returns false at the end of the stream.
    async fn read_chunk(&mut self) -> bool {
        let next = in_time("the stream goes on", self.body.next()).await;
        let Some(chunk) = next else { return false };
        self.rest.push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        true
    }

    /// Waits for the first message that contains `text`.
    pub(crate) async fn until(&mut self, text: &str) -> Message {
        while let Some(message) = self.message().await {
            if message.data.contains(text) {
                return message;
            }
        }
        panic!("the stream ended without “{text}”")
    }
}

fn parse_message(text: &str) -> Message {
    let field = |name: &str| text.lines().filter_map(|line| line.strip_prefix(name)).collect::<Vec<_>>();
    let one = |name: &str| field(name).first().map(|&value| value.to_owned());
    Message { name: one("event: "), id: one("id: "), data: field("data: ").join("\n") }
}
