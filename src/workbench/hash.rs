//! Computes the digest of a text. Broken algorithms (MD5, SHA-1) are not offered.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256, Sha512};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    #[schemars(
        title = "Text",
        description = "Hashed as UTF-8, exactly as it is",
        length(max = 1_000_000),
        example = "Hello, world"
    )]
    pub(super) text: String,
    #[serde(default)]
    #[schemars(title = "Algorithm")]
    algorithm: Algorithm,
    #[serde(default)]
    #[schemars(title = "Written as")]
    encoding: Encoding,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
enum Algorithm {
    #[default]
    #[serde(rename = "sha256")]
    Sha256,
    #[serde(rename = "sha512")]
    Sha512,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    #[default]
    Hex,
    Base64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    #[schemars(title = "Digest")]
    digest: String,
    #[schemars(title = "Algorithm")]
    algorithm: Algorithm,
}

pub(super) fn digest(input: &Input) -> Output {
    let bytes = match input.algorithm {
        Algorithm::Sha256 => Sha256::digest(&input.text).to_vec(),
        Algorithm::Sha512 => Sha512::digest(&input.text).to_vec(),
    };
    let digest = match input.encoding {
        Encoding::Hex => hex::encode(bytes),
        Encoding::Base64 => STANDARD.encode(bytes),
    };
    Output { digest, algorithm: input.algorithm }
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, Encoding, Input, digest};

    /// Uses the examples of FIPS 180-4.
    #[test]
    fn digests_match_the_standard() {
        let digest_as = |algorithm, encoding| digest(&Input { text: "abc".to_owned(), algorithm, encoding }).digest;
        assert_eq!(
            digest_as(Algorithm::Sha256, Encoding::Hex),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(digest_as(Algorithm::Sha512, Encoding::Hex).starts_with("ddaf35a193617abacc417349ae204131"));
        assert_eq!(digest_as(Algorithm::Sha256, Encoding::Base64), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    }
}
