//! Reads event streams as the HTML standard does (section 9.2.6): lines without a meaning are skipped, and bytes that are not
//! UTF-8 are replaced. The parser that rmcp uses ends the stream at the first such line.
//!
//! There is one deviation: an event that the end of the stream cuts off before its blank line counts. If it is complete JSON,
//! it has one meaning; otherwise its reader skips it.

use sse_stream::Sse;

/// The state between two chunks of a stream.
#[derive(Debug, Default)]
pub(super) struct EventParser {
    line: Vec<u8>,
    /// The last byte was a carriage return: a line feed right after it belongs to the same line end.
    is_after_return: bool,
    has_first_line: bool,
    event: Sse,
}

impl EventParser {
    /// Reads a chunk. Returns the events that it completes.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Vec<Sse> {
        let mut events = Vec::new();
        for byte in chunk {
            match byte {
                b'\n' if self.is_after_return => {}
                b'\n' | b'\r' => events.extend(self.end_line()),
                other => self.line.push(*other),
            }
            self.is_after_return = *byte == b'\r';
        }
        events
    }

    /// Ends the stream. Returns the event that has no blank line after it; nothing can be resumed from it.
    pub(super) fn finish(mut self) -> Option<Sse> {
        let event = self.end_line().or_else(|| take_event(&mut self.event))?;
        Some(Sse { id: None, ..event })
    }

    /// Reads the line. Returns the event that a blank line ends, also one without data: it can hold an id to resume from.
    fn end_line(&mut self) -> Option<Sse> {
        let line = std::mem::take(&mut self.line);
        let is_first = !std::mem::replace(&mut self.has_first_line, true);
        let line = if is_first { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line) } else { &line };
        if line.is_empty() {
            return take_event(&mut self.event);
        }
        self.read_field(&String::from_utf8_lossy(line));
        None
    }

    fn read_field(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => match &mut self.event.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.event.data = Some(value.to_owned()),
            },
            "event" => self.event.event = Some(value.to_owned()),
            "id" if !value.contains('\0') => self.event.id = Some(value.to_owned()),
            "retry" if !value.is_empty() && value.bytes().all(|digit| digit.is_ascii_digit()) => {
                self.event.retry = value.parse().ok().or(self.event.retry);
            }
            // comments, and fields that the standard does not know
            _ => {}
        }
    }
}

fn take_event(event: &mut Sse) -> Option<Sse> {
    let event = std::mem::take(event);
    (event != Sse::default()).then_some(event)
}

#[cfg(test)]
mod tests {
    use super::EventParser;
    use proptest::prelude::*;
    use sse_stream::Sse;

    fn read(chunks: &[&[u8]]) -> Vec<Sse> {
        let mut parser = EventParser::default();
        let mut events: Vec<_> = chunks.iter().flat_map(|chunk| parser.push(chunk)).collect();
        events.extend(parser.finish());
        events
    }

    fn data(events: &[Sse]) -> Vec<&str> {
        events.iter().filter_map(|event| event.data.as_deref()).collect()
    }

    #[test]
    fn lines_that_mean_nothing_are_skipped() {
        let stream: &[&[u8]] = &[
            b"trace: 17\ndata: one\nretry: soon\nretry: -1\nretry:\nno colon\n:comment\n\n",
            b"data:two\ndata\ndata:  three\n\n",
            b"id: a\0b\nid: 7\nid: 8\nevent: x\nevent: message\nretry: 20\ndata: four\n\n",
        ];
        let events = read(stream);
        assert_eq!(data(&events), ["one", "two\n\n three", "four"]);
        let last = Sse::default().event("message").id("8").retry(20).data("four");
        assert_eq!(events[2], last);
    }

    #[test]
    fn every_line_end_and_a_byte_order_mark_are_understood() {
        assert_eq!(
            data(&read(&[b"\xEF\xBB\xBFdata: a\r\n\r\ndata: b\n\ndata: c\r\rdata: d\r", b"\n\r\n"])),
            ["a", "b", "c", "d"]
        );
    }

    #[test]
    fn an_event_without_data_keeps_its_id() {
        assert_eq!(read(&[b"id: 5\nretry: 10\ndata:\n\n"]), [Sse::default().id("5").retry(10).data("")]);
        assert_eq!(read(&[b"id: 5\n\n"]), [Sse::default().id("5")]);
    }

    #[test]
    fn invalid_bytes_are_replaced_and_a_cut_off_event_counts() {
        assert_eq!(data(&read(&[b"data: caf\xE9\n\ndata: last"])), ["caf\u{FFFD}", "last"]);
        assert_eq!(data(&read(&[b"data: last\n"])), ["last"]);
    }

    proptest! {
        #[test]
        fn chunks_may_end_anywhere(text in "(data|id|retry|x|:|[ ab0]|\r|\n|\r\n|é){0,30}", at in 0_usize..60) {
            let bytes = text.as_bytes();
            let at = at.min(bytes.len());
            prop_assert_eq!(read(&[&bytes[..at], &bytes[at..]]), read(&[bytes]));
        }
    }
}
