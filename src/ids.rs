//! Typed ids: a `JobId` cannot be passed where a `UserId` is meant.
//!
//! All are version-7 UUIDs, so the newest row has the greatest id and a list is ordered by its key.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::{ClockSequence, Timestamp as UuidTime, Uuid};

use time::OffsetDateTime;

/// Keeps ids that are made in one millisecond in the order in which they were made.
static ORDER: LazyLock<Order> = LazyLock::new(Order::begin);

/// A count that only rises. It leaves the time as it is given: an order that remembers the latest time would date all
/// later ids by the one clock of the process that is most ahead (in tests each hub has its own).
struct Order(AtomicU64);

impl Order {
    /// The counter starts in the lower half of its 42 bits, which leaves room for years of a thousand ids a second.
    fn begin() -> Self {
        let anywhere = Uuid::new_v4().as_u64_pair().1;
        Self(AtomicU64::new(anywhere >> (64 - 41)))
    }
}

impl ClockSequence for Order {
    type Output = u64;

    fn generate_sequence(&self, _: u64, _: u32) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) & ((1 << 42) - 1)
    }

    fn usable_bits(&self) -> usize {
        42
    }
}

fn time_ordered(now: OffsetDateTime) -> Uuid {
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or(0);
    Uuid::new_v7(UuidTime::from_unix(&*ORDER, seconds, now.nanosecond()))
}

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, sqlx::Type, serde::Serialize, serde::Deserialize)]
        #[sqlx(transparent, no_pg_array)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, ordered by `now`.
            #[must_use]
            pub fn new(now: OffsetDateTime) -> Self {
                Self(time_ordered(now))
            }

            /// Wraps a UUID that is known to be of this kind.
            #[must_use]
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The bare UUID, for arrays bound to a statement.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// Before every one.
            pub const FIRST: Self = Self(Uuid::nil());

            /// After every one.
            pub const LAST: Self = Self(Uuid::max());

            /// Smaller than every id that was made at `at` or later, greater than those made in an earlier millisecond.
            #[must_use]
            pub fn floor(at: OffsetDateTime) -> Self {
                let millis = u128::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
                Self(Uuid::from_u128(millis << 80))
            }

            /// Returns the time of creation, to the millisecond.
            #[must_use]
            pub fn made_at(self) -> OffsetDateTime {
                let nanos = i128::try_from((self.0.as_u128() >> 80) * 1_000_000).unwrap_or(0);
                OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

typed_ids! {
    /// A person with an account.
    UserId,
    /// An owner of rows: a person, by the id of the user, or an organisation.
    OwnerId,
    /// A service the hub can reach.
    ConnectorId,
    /// A tool of a connector.
    ToolId,
    /// An immutable definition of a tool.
    ToolVersionId,
    /// A user's link to a connector.
    ConnectionId,
    /// A saved input of a tool.
    SavedInputId,
    /// An accepted tool call.
    JobId,
    /// An event of a job.
    EventId,
    /// An audit entry.
    AuditId,
    /// A sealed secret.
    SecretId,
    /// A registration of the hub at an authorization server.
    OauthClientId,
    /// An authorization request at a provider.
    AuthorizationRequestId,
    /// A process that runs jobs.
    WorkerId,
    /// A mail that waits to be sent.
    MailId,
    /// A server that a registry lists.
    ListingId,
    /// A run that reads a registry.
    RegistryRunId,
    /// An access token of a program.
    ApiTokenId,
    /// A program that asks to act for people: a client of the authorization server.
    AssistantId,
    /// A grant of a person to an assistant.
    AssistantGrantId,
    /// A program that acts for a person: the key of its access token, or of the grant that its tokens belong to.
    ProgramId,
}

impl UserId {
    /// The hub itself, when it acts for nobody.
    pub const HUB: Self = Self(Uuid::nil());

    /// Returns the owner that this person is.
    #[must_use]
    pub const fn as_owner(self) -> OwnerId {
        OwnerId(self.0)
    }
}

impl OwnerId {
    /// The hub itself, as the owner of rows of nobody else (such as the entry about a sign-in with an unknown address).
    pub const HUB: Self = Self(Uuid::nil());
}

#[cfg(test)]
mod tests {
    use super::JobId;
    use time::macros::datetime;

    #[test]
    fn ids_of_one_moment_keep_their_order() {
        let now = datetime!(2026-11-24 08:00 UTC);
        let ids: Vec<_> = (0..100).map(|_| JobId::new(now)).collect();
        assert!(ids.is_sorted());
    }

    #[test]
    fn a_moment_parts_the_ids_made_before_it_from_those_made_since() {
        let at = datetime!(2026-11-24 08:00 UTC);
        assert!(JobId::new(at - time::Duration::milliseconds(1)) < JobId::floor(at));
        assert!(JobId::floor(at) < JobId::new(at) && JobId::new(at) < JobId::LAST);
        assert_eq!(JobId::new(at).made_at(), at);
        assert_eq!(JobId::floor(datetime!(1900-01-01 0:00 UTC)), JobId::FIRST);
        assert_eq!(JobId::LAST.made_at(), datetime!(1970-01-01 0:00 UTC));
    }

    #[test]
    fn a_clock_that_is_ahead_dates_no_other_clocks_ids() {
        let now = datetime!(2026-11-24 08:00 UTC);
        assert_eq!(JobId::new(now + time::Duration::days(30)).made_at(), now + time::Duration::days(30));
        let first = JobId::new(now);
        assert_eq!(first.made_at(), now);
        assert!(first < JobId::new(now));
    }

    #[test]
    fn later_ids_are_greater() {
        let first = JobId::new(datetime!(2026-11-24 08:00 UTC));
        assert!(JobId::new(datetime!(2026-11-24 08:01 UTC)) > first);
    }
}
