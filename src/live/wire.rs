//! The payload of a NOTIFY: the sender's id, then one word for each change.

use std::collections::HashSet;
use std::fmt::Write as _;

use uuid::Uuid;

use crate::ids::{JobId, OwnerId};

/// The channel of all processes of one hub (a database has its own channels).
pub(super) const CHANNEL: &str = "craft_live";

/// Largest payload, in bytes; PostgreSQL refuses 8,000.
const MAX_PAYLOAD_BYTES: usize = 7_900;

/// Prefix of the id of an owner.
const OWNER_PREFIX: &str = "owner/";

/// A change that subscribers are notified of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Change {
    Queue,
    Cancels,
    Mail,
    Job(OwnerId, JobId),
    Owner(OwnerId),
    /// Too many changes to list.
    Everything,
}

/// Encodes changes in as few payloads as possible.
pub(super) fn encode(process: Uuid, changes: &HashSet<Change>) -> Vec<String> {
    let begin = process.simple().to_string();
    let mut payloads = Vec::new();
    let mut payload = begin.clone();
    for change in changes {
        let word = word(*change);
        if payload.len() + 1 + word.len() > MAX_PAYLOAD_BYTES {
            payloads.push(std::mem::replace(&mut payload, begin.clone()));
        }
        let _ = write!(payload, " {word}");
    }
    payloads.push(payload);
    payloads
}

/// Decodes the changes in a payload of another process. The process's own payloads give none: its subscribers are notified
/// directly.
pub(super) fn decode(process: Uuid, payload: &str) -> Vec<Change> {
    let mut words = payload.split(' ');
    let own = words.next().and_then(|sender| Uuid::parse_str(sender).ok()) == Some(process);
    if own { Vec::new() } else { words.filter_map(change).collect() }
}

fn word(change: Change) -> String {
    match change {
        Change::Queue => "queue".to_owned(),
        Change::Cancels => "cancels".to_owned(),
        Change::Mail => "mail".to_owned(),
        Change::Job(owner, job) => format!("{}/{}", owner.uuid().simple(), job.uuid().simple()),
        Change::Owner(owner) => format!("{OWNER_PREFIX}{}", owner.uuid().simple()),
        Change::Everything => "everything".to_owned(),
    }
}

fn change(word: &str) -> Option<Change> {
    match word {
        "queue" => Some(Change::Queue),
        "cancels" => Some(Change::Cancels),
        "mail" => Some(Change::Mail),
        "everything" => Some(Change::Everything),
        pair => {
            if let Some(owner) = pair.strip_prefix(OWNER_PREFIX) {
                return Some(Change::Owner(owner.parse().ok()?));
            }
            let (owner, job) = pair.split_once('/')?;
            Some(Change::Job(owner.parse().ok()?, job.parse().ok()?))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use time::macros::datetime;
    use uuid::Uuid;

    use super::{Change, MAX_PAYLOAD_BYTES, decode, encode};
    use crate::ids::{JobId, OwnerId};

    fn many() -> HashSet<Change> {
        let now = datetime!(2026-11-24 08:00 UTC);
        let jobs = (0..1_000).map(|_| Change::Job(OwnerId::new(now), JobId::new(now)));
        [Change::Queue, Change::Cancels, Change::Mail, Change::Owner(OwnerId::new(now)), Change::Everything]
            .into_iter()
            .chain(jobs)
            .collect()
    }

    #[test]
    fn other_processes_decode_changes_of_any_number() {
        let changes = many();
        let payloads = encode(Uuid::from_u128(1), &changes);
        assert!(payloads.len() > 1 && payloads.iter().all(|payload| payload.len() <= MAX_PAYLOAD_BYTES));
        let decoded: HashSet<_> = payloads.iter().flat_map(|payload| decode(Uuid::from_u128(2), payload)).collect();
        assert_eq!(decoded, changes);
    }

    #[test]
    fn a_process_ignores_its_own_payloads() {
        let process = Uuid::from_u128(1);
        assert!(encode(process, &many()).iter().all(|payload| decode(process, payload).is_empty()));
    }

    #[test]
    fn unknown_words_of_newer_versions_are_ignored() {
        assert_eq!(decode(Uuid::from_u128(1), "? weather queue a/b"), [Change::Queue]);
    }
}
