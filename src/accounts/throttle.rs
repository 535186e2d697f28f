//! The wait between failed sign-ins, per account and per network address, and the store of `sign_in_attempts`. The counts
//! are in the database, so that they hold across processes and restarts.
//!
//! Each attempt is counted as a failure before the password is checked, and uncounted when it succeeds. Concurrent
//! attempts therefore cannot get around the wait. An attempt during a wait is refused without a check of the password,
//! and does not lengthen the wait. An attacker cannot lock an owner out for longer than [`MAX_WAIT`], and a password reset by mail
//! ends the wait at once.

use std::net::IpAddr;

use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use time::Duration;

use super::Visitor;
use super::email::Spellings;
use crate::clock::Timestamp;
use crate::db::SystemDb;
use crate::request_source::network;

/// The first wait; each further failure doubles the wait.
const MIN_WAIT: Duration = Duration::seconds(30);

/// The longest wait.
const MAX_WAIT: Duration = Duration::minutes(15);

/// Failures older than this are not counted.
const FAILURE_TTL: Duration = Duration::hours(1);

/// Failures of one account before the first wait.
const MAX_FREE_FAILURES_BY_ACCOUNT: i32 = 5;

/// Failures of one network address before the first wait; an office may share the address.
const MAX_FREE_FAILURES_BY_ADDRESS: i32 = 50;

/// Expired rows that each attempt deletes; more than it can add.
const MAX_PURGED_ROWS: i64 = 10;

/// An account or network address whose failures are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    key: [u8; 32],
    free_failures: i32,
}

impl Subject {
    /// Returns the subject of a typed email address, whether or not an account has the address.
    pub(super) fn account(email: &str) -> Self {
        let email = Spellings::of_address(email.trim()).canonical.to_lowercase();
        Self { key: digest("account", &email), free_failures: MAX_FREE_FAILURES_BY_ACCOUNT }
    }

    /// Returns the subject of a network address. An address of IPv6 counts by its network.
    fn address(ip: IpAddr) -> Self {
        Self { key: digest("address", &network(ip).to_string()), free_failures: MAX_FREE_FAILURES_BY_ADDRESS }
    }

    /// Returns the subjects of a sign-in. The order is always the same, so that concurrent attempts cannot deadlock.
    pub(super) fn for_sign_in(email: &str, visitor: &Visitor) -> Vec<Self> {
        std::iter::once(Self::account(email)).chain(visitor.ip().map(Self::address)).collect()
    }
}

fn digest(kind: &str, what: &str) -> [u8; 32] {
    Sha256::digest(format!("{kind} {what}")).into()
}

/// The failures of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tries {
    failures: i32,
    attempted_at: Timestamp,
}

impl Tries {
    /// Returns the time from which the next attempt is checked, if there is a wait. Without one, an attempt that began
    /// before the last one, at the same address, must not wait either.
    fn next_attempt_at(self, free_failures: i32) -> Option<Timestamp> {
        let wait = wait(self.failures - free_failures);
        (!wait.is_zero()).then(|| self.attempted_at + wait)
    }

    /// Counts one more failure.
    fn with_failure(self, now: Timestamp) -> Self {
        let counted = if now - self.attempted_at >= FAILURE_TTL { 0 } else { self.failures };
        Self { failures: counted.saturating_add(1), attempted_at: now }
    }
}

/// Returns the wait after `beyond` failures more than are free; the last free failure already starts the first wait.
fn wait(beyond: i32) -> Duration {
    match u32::try_from(beyond) {
        Err(_) => Duration::ZERO,
        Ok(beyond) => MIN_WAIT.saturating_mul(2_i32.saturating_pow(beyond)).min(MAX_WAIT),
    }
}

/// The decision on an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// The attempt may proceed. If it fails, the next one must wait until this time.
    Open(Option<Timestamp>),
    /// The attempt is refused until this time.
    Wait(Timestamp),
}

/// Counts an attempt, unless one of its subjects has to wait.
pub(super) async fn admit(system: &SystemDb, subjects: &[Subject], now: Timestamp) -> crate::error::Result<Admission> {
    let mut tx = system.begin().await?;
    let mut next = None;
    for subject in subjects {
        let tries = lock_tries(&mut tx, subject, now).await?;
        if let Some(until) = tries.next_attempt_at(subject.free_failures).filter(|at| *at > now) {
            return Ok(Admission::Wait(until));
        }
        let tries = tries.with_failure(now);
        update_tries(&mut tx, subject, tries).await?;
        next = next.max(tries.next_attempt_at(subject.free_failures).filter(|at| *at > now));
    }
    purge_expired(&mut tx, now).await?;
    tx.commit().await?;
    Ok(Admission::Open(next))
}

/// Locks the row of the subject until the transaction ends, and returns its failures.
async fn lock_tries(conn: &mut PgConnection, subject: &Subject, now: Timestamp) -> sqlx::Result<Tries> {
    sqlx::query_as!(
        Tries,
        r#"
        INSERT INTO sign_in_attempts AS t (subject, failures, attempted_at)
        VALUES ($1, 0, $2)
        ON CONFLICT (subject) DO UPDATE SET failures = t.failures
        RETURNING failures, attempted_at
        "#,
        &subject.key,
        now,
    )
    .fetch_one(conn)
    .await
}

async fn update_tries(conn: &mut PgConnection, subject: &Subject, tries: Tries) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE sign_in_attempts SET failures = $2, attempted_at = $3 WHERE subject = $1",
        &subject.key,
        tries.failures,
        tries.attempted_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes a few expired rows and skips those that other transactions have locked.
async fn purge_expired(conn: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        DELETE FROM sign_in_attempts
        WHERE subject IN (
            SELECT subject
            FROM sign_in_attempts
            WHERE attempted_at <= $1
            ORDER BY attempted_at
            LIMIT $2
            FOR UPDATE SKIP LOCKED
        )
        "#,
        now - FAILURE_TTL,
        MAX_PURGED_ROWS,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Uncounts an attempt that succeeded. The account's count is reset. The count of the network address only loses this
/// attempt: otherwise an attacker could clear it with an account of their own.
pub(super) async fn record_success(conn: &mut PgConnection, subjects: &[Subject]) -> sqlx::Result<()> {
    let Some((account, others)) = subjects.split_first() else { return Ok(()) };
    reset(&mut *conn, account).await?;
    for subject in others {
        sqlx::query!(
            "UPDATE sign_in_attempts SET failures = GREATEST(failures - 1, 0) WHERE subject = $1",
            &subject.key,
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Resets the count of the subject.
pub(super) async fn reset(conn: &mut PgConnection, subject: &Subject) -> sqlx::Result<()> {
    sqlx::query!("DELETE FROM sign_in_attempts WHERE subject = $1", &subject.key).execute(conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{
        FAILURE_TTL, MAX_FREE_FAILURES_BY_ACCOUNT, MAX_FREE_FAILURES_BY_ADDRESS, MAX_WAIT, MIN_WAIT, Subject, Tries,
        wait,
    };
    use proptest::prelude::*;
    use time::Duration;
    use time::macros::datetime;

    const NOW: time::OffsetDateTime = datetime!(2026-11-25 20:00 UTC);

    #[test]
    fn the_wait_begins_short_and_doubles() {
        assert_eq!(wait(-1), Duration::ZERO);
        assert_eq!([0, 1, 2].map(wait), [MIN_WAIT, MIN_WAIT * 2, MIN_WAIT * 4]);
        assert_eq!([5, 31, i32::MAX].map(wait), [MAX_WAIT; 3]);
    }

    #[test]
    fn an_account_ignores_case_and_an_address_counts_by_its_64() {
        assert_eq!(Subject::account(" Alice@Example.com"), Subject::account("alice@example.com"));
        let of = |ip: &str| Subject::address(ip.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn people_at_one_address_do_not_wait_for_each_other() {
        let tries = Tries { failures: 1, attempted_at: NOW + Duration::seconds(1) };
        assert_eq!(tries.next_attempt_at(MAX_FREE_FAILURES_BY_ADDRESS), None);
    }

    proptest! {
        #[test]
        fn the_owner_never_waits_longer_than_the_maximum(gaps in prop::collection::vec(0_i64..7_200, 1..200)) {
            let mut now = NOW;
            let mut tries = Tries { failures: 0, attempted_at: now };
            for gap in gaps {
                now += Duration::seconds(gap);
                if tries.next_attempt_at(MAX_FREE_FAILURES_BY_ACCOUNT).is_none_or(|at| at <= now) {
                    tries = tries.with_failure(now);
                }
                let next = tries.next_attempt_at(MAX_FREE_FAILURES_BY_ACCOUNT);
                prop_assert!(next.is_none_or(|at| at - now <= MAX_WAIT));
            }
            prop_assert_eq!(tries.with_failure(now + FAILURE_TTL).failures, 1);
        }

        #[test]
        fn a_further_failure_never_shortens_the_wait(failures in 0_i32..i32::MAX) {
            prop_assert!(wait(failures) <= wait(failures.saturating_add(1)));
        }
    }
}
