//! The tile of a service: two letters on one of twelve hues, beside its name wherever it is shown. The pages of an MCP server and
//! its card have the image of the server, if it announces one.

/// Number of hues in `static/css/tokens.css`.
const TINTS: u32 = 12;

/// The tile of a service: two letters, made from its name alone, or the image of its MCP server.
pub(super) struct Tile {
    /// Two letters.
    pub(super) letters: String,
    /// The number of the hue, from 1.
    pub(super) tint: u32,
    /// Address of the image that stands in the place of the letters.
    pub(super) image: Option<String>,
}

impl Tile {
    pub(super) fn new(name: &str) -> Self {
        let hash = name.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
        Self { letters: letters(name), tint: hash % TINTS + 1, image: None }
    }

    /// Shows the image with this digest of the connector at `href`.
    pub(super) fn with_image(self, href: &str, digest: Option<&str>) -> Self {
        Self { image: digest.map(|digest| format!("{href}/image/{digest}")), ..self }
    }
}

/// Returns two letters of a name: the first of its first two words, or the first two of its only word.
pub(super) fn letters(name: &str) -> String {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("?");
    match words.next() {
        Some(second) => first.chars().take(1).chain(second.chars().take(1)).collect::<String>().to_uppercase(),
        None => first.chars().take(2).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn a_tile_has_two_letters() {
        assert_eq!(["Workbench", "Everything (reference)", "日本", ""].map(letters), ["Wo", "ER", "日本", "?"]);
    }
}
