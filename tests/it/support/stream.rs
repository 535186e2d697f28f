//! A live stream, read message by message.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt as _;

/// Far longer than any change here takes to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stream that goes on while a test looks at it.
pub(crate) struct Stream {
    body: BodyDataStream,
    rest: String,
}

/// One message.
#[derive(Debug)]
pub(crate) struct Message {
    /// Its name; none for pieces of the page.
    pub(crate) name: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) data: String,
}

impl Stream {
    pub(super) fn new(body: Body) -> Self {
        Self { body: body.into_data_stream(), rest: String::new() }
    }

    /// The next message; none once the stream has ended.
    pub(crate) async fn message(&mut self) -> Option<Message> {
        loop {
            while let Some((text, rest)) = self.rest.split_once("\n\n") {
                let (message, read_to) = (read(text), self.rest.len() - rest.len());
                self.rest.drain(..read_to);
                // comments only keep the connection open
                if !message.data.is_empty() {
                    return Some(message);
                }
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// Everything so far of a page that arrives as HTML, once `text` is in it.
    pub(crate) async fn arrived(&mut self, text: &str) -> &str {
        while !self.rest.contains(text) {
            assert!(self.more().await, "the page ended without “{text}”: {}", self.rest);
        }
        &self.rest
    }

    /// Takes the next piece; false once there is none.
    async fn more(&mut self) -> bool {
        let next = tokio::time::timeout(PATIENCE, self.body.next()).await.expect("nothing more arrived");
        let Some(piece) = next else { return false };
        self.rest.push_str(std::str::from_utf8(&piece.unwrap()).unwrap());
        true
    }

    /// The first message that has `text` in it.
    pub(crate) async fn until(&mut self, text: &str) -> Message {
        while let Some(message) = self.message().await {
            if message.data.contains(text) {
                return message;
            }
        }
        panic!("the stream ended without “{text}”")
    }
}

fn read(text: &str) -> Message {
    let field = |name: &str| text.lines().filter_map(|line| line.strip_prefix(name)).collect::<Vec<_>>();
    let one = |name: &str| field(name).first().map(|&value| value.to_owned());
    Message { name: one("event: "), id: one("id: "), data: field("data: ").join("\n") }
}
