//! Keys made of a job, by which a service recognises that a request is repeated. Each try of a job sends the same key.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use crate::ids::JobId;
use crate::oauth::TemplateValues;

/// Prefix of the names.
pub(super) const PREFIX: &str = "job.";

/// Names of the keys.
pub const JOB_KEYS: [&str; 3] = ["job.uuid", "job.base32hex", "job.short"];

/// Name of the key in the boundary of a multipart body.
pub(super) const BOUNDARY_KEY: &str = "job.base32hex";

/// Returns the keys of a job by name: a UUID of version 4, 26 characters of 0-9 and a-v, and 22 characters for services with a
/// narrow limit.
#[must_use]
pub fn job_keys(job: JobId) -> TemplateValues {
    // an id of a job tells when it began, and some services accept no UUID but of version 4
    let digest: [u8; 32] = Sha256::digest(job.uuid().as_bytes()).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    let key = Builder::from_random_bytes(bytes).into_uuid();
    let [uuid, base32hex, short] = JOB_KEYS.map(str::to_owned);
    TemplateValues::from([
        (uuid, key.to_string()),
        (base32hex, encode_base32hex(key)),
        (short, BASE64_URL_SAFE_NO_PAD.encode(key.as_bytes())),
    ])
}

fn encode_base32hex(key: Uuid) -> String {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
    let number = key.as_u128();
    let digit = |n: u32| char::from(DIGITS[usize::try_from(number >> (5 * n) & 31).unwrap_or_default()]);
    (0..26).rev().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::job_keys;
    use crate::ids::JobId;
    use time::macros::datetime;

    #[test]
    fn the_keys_of_a_job_are_the_same_in_each_try() {
        let (job, other) = (JobId::new(datetime!(2026-11-29 18:00 UTC)), JobId::new(datetime!(2026-11-29 18:00 UTC)));
        assert_eq!(job_keys(job), job_keys(job));
        assert_ne!(job_keys(job), job_keys(other));
        let keys = job_keys(job);
        assert_eq!(uuid::Uuid::parse_str(&keys["job.uuid"]).unwrap().get_version_num(), 4);
        assert!(
            keys["job.base32hex"].len() == 26
                && keys["job.base32hex"].bytes().all(|it| it.is_ascii_digit() || (b'a'..=b'v').contains(&it))
        );
        assert_eq!(keys["job.short"].len(), 22);
    }
}
