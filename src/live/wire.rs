//! How changes look in a NOTIFY: the sender's id, then one word each.

use std::collections::HashSet;
use std::fmt::Write as _;

use uuid::Uuid;

use crate::ids::{JobId, UserId};

/// The channel of all processes of one hub (a database has its own channels).
pub(super) const CHANNEL: &str = "craft_live";

/// PostgreSQL refuses a payload of 8,000 bytes.
const LONGEST: usize = 7_900;

/// Before the id of a user whose things have changed.
const OF_USER: &str = "user/";

/// Something to look at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Change {
    Queue,
    Cancels,
    Job(UserId, JobId),
    User(UserId),
    /// Too much to list.
    Everything,
}

/// As few payloads as they fit in.
pub(super) fn encode(process: Uuid, changes: &HashSet<Change>) -> Vec<String> {
    let begin = process.simple().to_string();
    let mut payloads = Vec::new();
    let mut payload = begin.clone();
    for change in changes {
        let word = word(*change);
        if payload.len() + 1 + word.len() > LONGEST {
            payloads.push(std::mem::replace(&mut payload, begin.clone()));
        }
        let _ = write!(payload, " {word}");
    }
    payloads.push(payload);
    payloads
}

/// The changes in a payload of another process; nothing for one's own, whose subscribers know already.
pub(super) fn decode(process: Uuid, payload: &str) -> Vec<Change> {
    let mut words = payload.split(' ');
    let own = words.next().and_then(|sender| Uuid::parse_str(sender).ok()) == Some(process);
    if own { Vec::new() } else { words.filter_map(change).collect() }
}

fn word(change: Change) -> String {
    match change {
        Change::Queue => "queue".to_owned(),
        Change::Cancels => "cancels".to_owned(),
        Change::Job(user, job) => format!("{}/{}", user.uuid().simple(), job.uuid().simple()),
        Change::User(user) => format!("{OF_USER}{}", user.uuid().simple()),
        Change::Everything => "everything".to_owned(),
    }
}

fn change(word: &str) -> Option<Change> {
    match word {
        "queue" => Some(Change::Queue),
        "cancels" => Some(Change::Cancels),
        "everything" => Some(Change::Everything),
        pair => {
            if let Some(user) = pair.strip_prefix(OF_USER) {
                return Some(Change::User(user.parse().ok()?));
            }
            let (user, job) = pair.split_once('/')?;
            Some(Change::Job(user.parse().ok()?, job.parse().ok()?))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use time::macros::datetime;
    use uuid::Uuid;

    use super::{Change, LONGEST, decode, encode};
    use crate::ids::{JobId, UserId};

    fn many() -> HashSet<Change> {
        let now = datetime!(2026-11-24 08:00 UTC);
        let jobs = (0..1_000).map(|_| Change::Job(UserId::new(now), JobId::new(now)));
        [Change::Queue, Change::Cancels, Change::User(UserId::new(now)), Change::Everything]
            .into_iter()
            .chain(jobs)
            .collect()
    }

    #[test]
    fn what_is_encoded_is_decoded_by_others_whatever_its_size() {
        let told = many();
        let payloads = encode(Uuid::from_u128(1), &told);
        assert!(payloads.len() > 1 && payloads.iter().all(|payload| payload.len() <= LONGEST));
        let heard: HashSet<_> = payloads.iter().flat_map(|payload| decode(Uuid::from_u128(2), payload)).collect();
        assert_eq!(heard, told);
    }

    #[test]
    fn ones_own_message_says_nothing() {
        let process = Uuid::from_u128(1);
        assert!(encode(process, &many()).iter().all(|payload| decode(process, payload).is_empty()));
    }

    #[test]
    fn what_a_newer_version_may_say_is_passed_over() {
        assert_eq!(decode(Uuid::from_u128(1), "? weather queue a/b"), [Change::Queue]);
    }
}
