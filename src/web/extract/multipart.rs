//! The parts of a form with files (RFC 7578), as browsers write them.

/// A part of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// Name of the field.
    pub(super) name: String,
    /// Name of the file; `None` for a field without one.
    pub(super) file_name: Option<String>,
    /// Content.
    pub(super) content: &'a [u8],
}

/// Returns the boundary that a content type names, if the type is that of a form with files.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let is_boundary =
        |text: &&str| text.split_once('=').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"));
    let found = parameters.split(';').find(is_boundary)?;
    let value = found.split_once('=')?.1.trim().trim_matches('"');
    (1..=70).contains(&value.len()).then_some(value)
}

/// Splits a body into at most `most` parts. Returns `None` for a body that is not whole, or not such a form.
pub(super) fn split<'a>(body: &'a [u8], boundary: &str, most: usize) -> Option<Vec<Part<'a>>> {
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    // the first delimiter has no line before it
    let mut rest = body.strip_prefix(&delimiter[2..])?;
    let mut parts = Vec::new();
    while parts.len() < most {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let head_end = find(rest, b"\r\n\r\n")?;
        let (head, content) = (std::str::from_utf8(&rest[..head_end]).ok()?, &rest[head_end + 4..]);
        let end = find(content, &delimiter)?;
        parts.push(read_head(head, &content[..end])?);
        rest = &content[end + delimiter.len()..];
    }
    Some(parts)
}

/// Finds a text that begins with a carriage return.
fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text[from..].iter().position(|byte| *byte == b'\r')?;
        if text[at..].starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
}

fn read_head<'a>(head: &str, content: &'a [u8]) -> Option<Part<'a>> {
    let is_disposition = |line: &&str| {
        line.split_once(':').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"))
    };
    let (_, disposition) = head.split("\r\n").find(is_disposition)?.split_once(':')?;
    let parameters = disposition.trim_start().strip_prefix("form-data")?;
    let name = quoted(parameters, "name")?;
    Some(Part { name, file_name: quoted(parameters, "filename"), content })
}

/// Returns a quoted parameter. Browsers write a quotation mark inside as `%22`.
fn quoted(parameters: &str, name: &str) -> Option<String> {
    let mut rest = parameters;
    loop {
        rest = rest.trim_start().strip_prefix(';')?.trim_start();
        let (own, value) = rest.split_once("=\"")?;
        let (value, after) = value.split_once('"')?;
        if own.eq_ignore_ascii_case(name) {
            return Some(value.replace("%22", "\""));
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, boundary, split};
    use proptest::prelude::*;

    fn body(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (name, file, content) in parts {
            let file = file.map(|file| format!("; filename=\"{file}\"\r\nContent-Type: image/png")).unwrap_or_default();
            body.extend_from_slice(
                format!("--xYz\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes(),
            );
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--xYz--\r\n");
        body
    }

    #[test]
    fn texts_and_files_of_a_browser_are_read() {
        let sent = body(&[
            ("v/tïtle", None, "a\r\nb".as_bytes()),
            ("u/a%22b", Some("x.png"), b"\r\n--xY\0\xff"),
            ("u/c", Some(""), b""),
        ]);
        let part = |name: &str, file: Option<&str>, content: &'static [u8]| Part {
            name: name.to_owned(),
            file_name: file.map(ToOwned::to_owned),
            content,
        };
        let expected = [
            part("v/tïtle", None, b"a\r\nb"),
            part("u/a\"b", Some("x.png"), b"\r\n--xY\0\xff"),
            part("u/c", Some(""), b""),
        ];
        assert_eq!(split(&sent, "xYz", 10).unwrap(), expected);
        assert_eq!(split(&sent, "xYz", 2).unwrap(), expected[..2], "no more than asked for");
        assert_eq!(split(b"--xYz--", "xYz", 10), Some(Vec::new()));
    }

    #[test]
    fn a_body_that_is_cut_off_is_no_form() {
        let sent = body(&[("a", None, b"1"), ("u/b", Some("x"), b"content")]);
        for end in 0..sent.len() - 4 {
            assert_eq!(split(&sent[..end], "xYz", 10), None, "{}", String::from_utf8_lossy(&sent[..end]));
        }
        assert_eq!(split(&sent, "other", 10), None);
    }

    #[test]
    fn the_boundary_is_that_of_the_content_type() {
        assert_eq!(boundary("multipart/form-data; boundary=----x1"), Some("----x1"));
        assert_eq!(boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\""), Some("a b"));
        for other in [
            "multipart/form-data",
            "multipart/mixed; boundary=x",
            "application/x-www-form-urlencoded; boundary=x",
            "multipart/form-data; boundary=",
        ] {
            assert_eq!(boundary(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_parts_or_no_form(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = split(&bytes, "x", 5);
            let _ = split(&[b"--x\r\n".as_slice(), &bytes].concat(), "x", 5);
        }

        #[test]
        fn any_content_comes_back(content in prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), any::<u8>()], 0..200)) {
            prop_assume!(!content.windows(7).any(|it| it == b"\r\n--xYz"));
            let sent = body(&[("u/a", Some("f"), &content)]);
            prop_assert_eq!(split(&sent, "xYz", 5).unwrap()[0].content, content);
        }
    }
}
