//! A file that a person chose, as a pair of a form holds it, and the sizes of files.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::MAX_INPUT_BYTES;
use super::names::plain;

/// The largest file, in bytes. Its base64 leaves room for the rest of an input.
pub(super) const MAX_FILE_BYTES: usize = 190 * 1024;

/// Longest file name that a page shows, in characters.
const MAX_NAME_LENGTH: usize = 120;

/// Most characters of base64 of all files of a form. An input has no room for more, and a form that keeps more could not be
/// sent.
pub(super) const MAX_ENCODED_BYTES: usize = MAX_INPUT_BYTES;

/// A file that a person chose. The content of a file that is too large is dropped at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Name of the file.
    pub(super) name: String,
    /// The content, or the size of what was dropped, and why.
    pub(super) content: Result<Vec<u8>, (Dropped, usize)>,
}

/// The reason why the content of a file was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// The file is too large.
    TooLarge,
    /// All files together are too large.
    NoRoom,
    /// The form was kept while its sender was signed out, and is too large with its files.
    SignedOut,
}

impl Dropped {
    const ALL: [Self; 3] = [Self::TooLarge, Self::NoRoom, Self::SignedOut];

    /// Returns the sign of the reason in the text of a pair. Base64 has none of them.
    const fn sign(self) -> char {
        match self {
            Self::TooLarge => '~',
            Self::NoRoom => '^',
            Self::SignedOut => '!',
        }
    }
}

impl Upload {
    /// Creates the upload of a file.
    #[must_use]
    pub fn new(name: &str, content: &[u8]) -> Self {
        // some browsers send the path of a file
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = plain(name).trim().chars().take(MAX_NAME_LENGTH).collect();
        let name = if name.is_empty() { "file".to_owned() } else { name };
        let is_too_large = content.len() > MAX_FILE_BYTES;
        let content = if is_too_large { Err((Dropped::TooLarge, content.len())) } else { Ok(content.to_vec()) };
        Self { name, content }
    }

    /// Drops the content of a file.
    #[must_use]
    pub fn without_content(self, reason: Dropped) -> Self {
        Self { content: self.content.and_then(|bytes| Err((reason, bytes.len()))), ..self }
    }

    /// Returns the text of the pair: the name, a comma, and the content as base64, or a sign and the size of a dropped one.
    #[must_use]
    pub fn to_text(&self) -> String {
        match &self.content {
            Ok(bytes) => format!("{},{}", self.name, BASE64_STANDARD.encode(bytes)),
            Err((reason, size)) => format!("{},{}{size}", self.name, reason.sign()),
        }
    }

    /// Reports whether the text of a pair lacks its content.
    pub(super) fn is_dropped(text: &str) -> bool {
        text.rsplit_once(',').is_some_and(|(_, content)| content.starts_with(Dropped::ALL.map(Dropped::sign)))
    }

    /// Reads the text of a pair.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let (name, content) = text.rsplit_once(',')?;
        let dropped = Dropped::ALL.into_iter().find_map(|reason| Some((reason, content.strip_prefix(reason.sign())?)));
        let content = match dropped {
            Some((reason, size)) => Err((reason, size.parse().ok()?)),
            None => Ok(BASE64_STANDARD.decode(content).ok()?),
        };
        match content {
            Ok(bytes) => Some(Self::new(name, &bytes)),
            content @ Err(_) => Some(Self { content, ..Self::new(name, &[]) }),
        }
    }

    /// Returns the content.
    ///
    /// # Errors
    /// Returns a sentence without its full stop if the file is empty, or was too large.
    pub(super) fn bytes(&self) -> Result<&[u8], String> {
        match &self.content {
            Ok(bytes) if bytes.is_empty() => Err(format!("“{}” is empty: choose another file", self.name)),
            Ok(bytes) => Ok(bytes),
            Err((reason, size)) => {
                let (name, size, most) = (&self.name, size_words(*size), size_words(MAX_FILE_BYTES));
                Err(match reason {
                    Dropped::TooLarge => {
                        format!("“{name}” has {size}, and a file may have up to {most}: choose a smaller one")
                    }
                    Dropped::NoRoom => format!(
                        "“{name}” has {size}, and all files together may have up to {most}: choose smaller ones"
                    ),
                    Dropped::SignedOut => format!("“{name}” was not kept while you were signed out: choose it again"),
                })
            }
        }
    }
}

/// Returns a size in words: "12 kB". It is rounded up.
pub(super) fn size_words(bytes: usize) -> String {
    const KILO: usize = 1024;
    match bytes {
        1 => "1 byte".to_owned(),
        0..KILO => format!("{bytes} bytes"),
        _ if bytes.div_ceil(KILO) < KILO => format!("{} kB", bytes.div_ceil(KILO)),
        _ => {
            let tenths = bytes.saturating_mul(10).div_ceil(KILO * KILO);
            format!("{}.{} MB", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Dropped, MAX_FILE_BYTES, Upload, size_words};

    #[test]
    fn a_file_comes_back_from_the_pair_that_holds_it() {
        for (name, shown) in [
            ("picture.png", "picture.png"),
            ("a, b,.txt", "a, b,.txt"),
            ("C:\\Users\\me\\x.bin", "x.bin"),
            ("../../etc/passwd", "passwd"),
            ("safe\u{202e}gpj.exe\r\n", "safegpj.exe"),
            ("", "file"),
        ] {
            let upload = Upload::new(name, &[0, 255, 44]);
            assert_eq!(upload.name, shown);
            assert_eq!(Upload::from_text(&upload.to_text()), Some(upload));
        }
        assert_eq!(Upload::from_text("no comma"), None);
        assert_eq!(Upload::from_text("x,not base64!"), None);
    }

    #[test]
    fn a_file_that_is_too_large_keeps_only_its_size() {
        let upload = Upload::new("big.bin", &vec![7; MAX_FILE_BYTES + 1]);
        assert_eq!(upload.to_text(), "big.bin,~194561");
        let told = Upload::from_text(&upload.to_text()).unwrap().bytes().unwrap_err();
        assert_eq!(told, "“big.bin” has 191 kB, and a file may have up to 190 kB: choose a smaller one");
        for (reason, sentence) in [
            (Dropped::NoRoom, "“x” has 3 bytes, and all files together may have up to 190 kB: choose smaller ones"),
            (Dropped::SignedOut, "“x” was not kept while you were signed out: choose it again"),
        ] {
            let text = Upload::new("x", &[1, 2, 3]).without_content(reason).to_text();
            assert_eq!(Upload::from_text(&text).unwrap().bytes().unwrap_err(), sentence);
        }
        assert!(Upload::new("x", &vec![7; MAX_FILE_BYTES]).bytes().is_ok());
        assert!(Upload::new("x", &[]).bytes().unwrap_err().contains("is empty"));
    }

    #[test]
    fn sizes_are_words() {
        let words = [1, 900, 1024, 12_000, 1_048_576, 4_404_019].map(size_words);
        assert_eq!(words, ["1 byte", "900 bytes", "1 kB", "12 kB", "1.0 MB", "4.2 MB"]);
    }
}
