//! The wait between failed sign-ins, by account and by network address; in the database, so that it holds across
//! processes and restarts.
//!
//! A try counts as failed from its beginning until it succeeds, so many at the same moment are no way around the wait.
//! A try during a wait is refused unread and does not lengthen it: no number of wrong passwords keeps the owner out for
//! longer than [`LONGEST`], and a new password by mail ends the wait at once.

use std::net::{IpAddr, Ipv6Addr};

use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use time::Duration;

use super::Visitor;
use crate::clock::Timestamp;
use crate::db::SystemDb;

/// The first wait; each further failure doubles it.
const SHORTEST: Duration = Duration::seconds(30);

/// No wait is longer.
const LONGEST: Duration = Duration::minutes(15);

/// Failures this old say nothing about the next try.
const MEMORY: Duration = Duration::hours(1);

/// Failures of one account without a wait.
const FREE_BY_ACCOUNT: i32 = 5;

/// The same of one network address, behind which there may be a whole office.
const FREE_BY_ADDRESS: i32 = 50;

/// Rows that no longer count and that one try removes: more than it can add.
const SWEPT: i64 = 10;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    key: [u8; 32],
    free: i32,
}

impl Subject {
    /// By what was typed as an e-mail address; whether it has an account makes no difference.
    pub(super) fn account(email: &str) -> Self {
        Self { key: digest("account", &email.trim().to_lowercase()), free: FREE_BY_ACCOUNT }
    }

    /// By network address. One customer commonly has a whole /64 of IPv6.
    fn address(ip: IpAddr) -> Self {
        let network = match ip.to_canonical() {
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
            v4 @ IpAddr::V4(_) => v4,
        };
        Self { key: digest("address", &network.to_string()), free: FREE_BY_ADDRESS }
    }

    /// Everything that a sign-in with `email` counts for, always in this order: two tries never wait in a circle.
    pub(super) fn of(email: &str, visitor: &Visitor) -> Vec<Self> {
        std::iter::once(Self::account(email)).chain(visitor.ip().map(Self::address)).collect()
    }
}

fn digest(kind: &str, what: &str) -> [u8; 32] {
    Sha256::digest(format!("{kind} {what}")).into()
}

/// Failures so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tries {
    failures: i32,
    tried_at: Timestamp,
}

impl Tries {
    /// When the next try is read.
    fn open_at(self, free: i32) -> Timestamp {
        self.tried_at + wait(self.failures - free)
    }

    /// With one more.
    fn and_one(self, now: Timestamp) -> Self {
        let counted = if now - self.tried_at >= MEMORY { 0 } else { self.failures };
        Self { failures: counted.saturating_add(1), tried_at: now }
    }
}

/// After this many failures too many; the first wait follows the last free one.
fn wait(beyond: i32) -> Duration {
    match u32::try_from(beyond) {
        Err(_) => Duration::ZERO,
        Ok(beyond) => SHORTEST.saturating_mul(2_i32.saturating_pow(beyond)).min(LONGEST),
    }
}

/// The answer to who wants to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// The try may be made; if it fails, the next one waits until then.
    Open(Option<Timestamp>),
    /// Not before then.
    Wait(Timestamp),
}

/// Counts a try, unless one of its subjects has to wait.
pub(super) async fn admit(system: &SystemDb, subjects: &[Subject], now: Timestamp) -> crate::error::Result<Admission> {
    let mut tx = system.begin().await?;
    let mut next = None;
    for subject in subjects {
        let tries = held(&mut tx, subject, now).await?;
        let open_at = tries.open_at(subject.free);
        if open_at > now {
            return Ok(Admission::Wait(open_at));
        }
        let tries = tries.and_one(now);
        keep(&mut tx, subject, tries).await?;
        next = next.max(Some(tries.open_at(subject.free)).filter(|at| *at > now));
    }
    sweep(&mut tx, now).await?;
    tx.commit().await?;
    Ok(Admission::Open(next))
}

/// The subject's tries, which nobody else changes until the transaction ends.
async fn held(conn: &mut PgConnection, subject: &Subject, now: Timestamp) -> sqlx::Result<Tries> {
    sqlx::query_as!(
        Tries,
        r#"
        INSERT INTO sign_in_tries AS t (subject, failures, tried_at)
        VALUES ($1, 0, $2)
        ON CONFLICT (subject) DO UPDATE SET failures = t.failures
        RETURNING failures, tried_at
        "#,
        &subject.key,
        now,
    )
    .fetch_one(conn)
    .await
}

async fn keep(conn: &mut PgConnection, subject: &Subject, tries: Tries) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE sign_in_tries SET failures = $2, tried_at = $3 WHERE subject = $1",
        &subject.key,
        tries.failures,
        tries.tried_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets a few that no longer count, skipping what others hold.
async fn sweep(conn: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        DELETE FROM sign_in_tries
        WHERE subject IN (
            SELECT subject
            FROM sign_in_tries
            WHERE tried_at <= $1
            ORDER BY tried_at
            LIMIT $2
            FOR UPDATE SKIP LOCKED
        )
        "#,
        now - MEMORY,
        SWEPT,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The try has succeeded: the account's count begins anew. That of the network address only loses this try, or else
/// whoever has an account could clear it between guesses at others.
pub(super) async fn succeeded(conn: &mut PgConnection, subjects: &[Subject]) -> sqlx::Result<()> {
    let Some((account, others)) = subjects.split_first() else { return Ok(()) };
    forget(&mut *conn, account).await?;
    for subject in others {
        sqlx::query!("UPDATE sign_in_tries SET failures = GREATEST(failures - 1, 0) WHERE subject = $1", &subject.key,)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Begins the subject's count anew.
pub(super) async fn forget(conn: &mut PgConnection, subject: &Subject) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM sign_in_tries WHERE subject = $1", &subject.key).execute(conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{FREE_BY_ACCOUNT, LONGEST, MEMORY, SHORTEST, Subject, Tries, wait};
    use proptest::prelude::*;
    use time::Duration;
    use time::macros::datetime;

    const NOW: time::OffsetDateTime = datetime!(2026-11-25 20:00 UTC);

    #[test]
    fn the_wait_begins_short_and_doubles() {
        assert_eq!(wait(-1), Duration::ZERO);
        assert_eq!([0, 1, 2].map(wait), [SHORTEST, SHORTEST * 2, SHORTEST * 4]);
        assert_eq!([5, 31, i32::MAX].map(wait), [LONGEST; 3]);
    }

    #[test]
    fn what_is_typed_in_another_case_is_the_same_account_and_a_64_the_same_address() {
        assert_eq!(Subject::account(" Alice@Example.com"), Subject::account("alice@example.com"));
        let of = |ip: &str| Subject::address(ip.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    proptest! {
        #[test]
        fn however_many_fail_the_owner_waits_no_longer_than_the_cap(gaps in prop::collection::vec(0_i64..7_200, 1..200)) {
            let mut now = NOW;
            let mut tries = Tries { failures: 0, tried_at: now };
            for gap in gaps {
                now += Duration::seconds(gap);
                if tries.open_at(FREE_BY_ACCOUNT) <= now {
                    tries = tries.and_one(now);
                }
                prop_assert!(tries.open_at(FREE_BY_ACCOUNT) - now <= LONGEST);
            }
            prop_assert_eq!(tries.and_one(now + MEMORY).failures, 1);
        }

        #[test]
        fn one_more_failure_never_shortens_the_wait(failures in 0_i32..i32::MAX) {
            prop_assert!(wait(failures) <= wait(failures.saturating_add(1)));
        }
    }
}
