//! Reasons why the hub cannot connect to a listed server.

use std::fmt;

/// A reason, in a sentence about the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its publisher or the registry deleted it.
    Deleted,
    /// There are only packages, which a person runs on a computer of their own.
    OnlyPackages,
    /// There is neither an address nor a package.
    NoAddress,
    /// It speaks only the older transport.
    OnlySse,
    /// Its transport is none that is known.
    UnknownTransport,
    /// Its address is plain http.
    PlainHttp,
    /// Its address is in a private network.
    PrivateAddress,
    /// Its host, or its port, is to be entered.
    VariableHost,
    /// Its address is none.
    InvalidAddress,
    /// A secret is a part of its address, which is stored readable.
    SecretInAddress,
    /// It asks for a file on a person's computer.
    FileInput,
    /// It asks for more values than a form should have.
    TooManyInputs,
    /// It sets a header that no request can have, or that the hub sets itself.
    InvalidHeader,
}

impl Refusal {
    /// All reasons.
    pub const ALL: [Self; 13] = [
        Self::Deleted,
        Self::OnlyPackages,
        Self::NoAddress,
        Self::OnlySse,
        Self::UnknownTransport,
        Self::PlainHttp,
        Self::PrivateAddress,
        Self::VariableHost,
        Self::InvalidAddress,
        Self::SecretInAddress,
        Self::FileInput,
        Self::TooManyInputs,
        Self::InvalidHeader,
    ];

    /// Returns the word in the database.
    #[must_use]
    pub const fn stored_text(&self) -> &'static str {
        self.texts().0
    }

    /// Returns the refusal of a word in the database. An unknown word is that of another version of the hub.
    #[must_use]
    pub fn from_stored(word: &str) -> Self {
        Self::ALL.into_iter().find(|it| it.stored_text() == word).unwrap_or(Self::NoAddress)
    }

    /// Returns the sentence for people, without its full stop.
    #[must_use]
    pub const fn sentence(&self) -> &'static str {
        self.texts().1
    }

    const fn texts(&self) -> (&'static str, &'static str) {
        match self {
            Self::Deleted => ("deleted", "It was deleted from the registry"),
            Self::OnlyPackages => {
                ("only_packages", "It runs on your own computer. This hub connects only to servers with an address")
            }
            Self::NoAddress => ("no_address", "Its listing has no address to connect to"),
            Self::OnlySse => {
                ("only_sse", "It offers only the older transport, HTTP with SSE, which this hub does not speak")
            }
            Self::UnknownTransport => ("unknown_transport", "Its transport is unknown to this hub"),
            Self::PlainHttp => {
                ("plain_http", "Its address is plain http, so that others can read and change what is sent")
            }
            Self::PrivateAddress => {
                ("private_address", "Its address is in a private network, which this hub does not connect to")
            }
            Self::VariableHost => ("variable_host", "Its listing leaves open at which host the server is"),
            Self::InvalidAddress => ("invalid_address", "Its address is not a complete web address"),
            Self::SecretInAddress => {
                ("secret_in_address", "It wants a secret as a part of its address, where it could be read")
            }
            Self::FileInput => ("file_input", "It asks for a file on your computer, which this hub cannot read"),
            Self::TooManyInputs => ("too_many_inputs", "It asks for more values than a form can hold"),
            Self::InvalidHeader => {
                ("invalid_header", "It asks for a header that this hub sets itself, or that no request can have")
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal;

    #[test]
    fn each_reason_survives_storage() {
        for refusal in Refusal::ALL {
            assert_eq!(Refusal::from_stored(refusal.stored_text()), refusal);
        }
    }
}
