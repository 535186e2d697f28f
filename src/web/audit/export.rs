//! The log as a file that arrives while it is read: the database is asked for a batch when the client has taken the last.

use async_stream::try_stream;
use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use bytes::Bytes;
use futures_util::Stream;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{Method, StatusCode};

use super::filters::{Filters, ListParams};
use super::lines;
use crate::app::App;
use crate::audit::{self, Action, Export, Exported};
use crate::clock::to_jiff;
use crate::error::Error as DomainError;
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};
use crate::web::extract::Query;

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// For spreadsheets.
    Csv,
    /// For programs: an object a line.
    Ndjson,
}

impl Format {
    pub(super) const ALL: [Self; 2] = [Self::Csv, Self::Ndjson];

    /// As people call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Ndjson => "NDJSON",
        }
    }

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Csv => "/audit/export.csv",
            Self::Ndjson => "/audit/export.ndjson",
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson; charset=utf-8",
        }
    }

    fn head(self) -> Result<Bytes, DomainError> {
        match self {
            Self::Csv => lines::csv_head().map(Bytes::from),
            Self::Ndjson => Ok(Bytes::new()),
        }
    }

    fn lines(self, entries: &[Exported]) -> Result<Bytes, DomainError> {
        match self {
            Self::Csv => lines::csv(entries).map(Bytes::from),
            Self::Ndjson => Ok(lines::ndjson(entries).into()),
        }
    }
}

pub(super) async fn csv(
    method: Method,
    State(app): State<App>,
    me: SignedIn,
    Query(asked): Query<ListParams>,
) -> Result {
    answer(&method, &app, &me, asked, Format::Csv).await
}

pub(super) async fn ndjson(
    method: Method,
    State(app): State<App>,
    me: SignedIn,
    Query(asked): Query<ListParams>,
) -> Result {
    answer(&method, &app, &me, asked, Format::Ndjson).await
}

async fn answer(method: &Method, app: &App, me: &SignedIn, asked: ListParams, format: Format) -> Result {
    let mut tx = app.db.as_user(&me.actor).await?;
    let filters = Filters::read(&mut tx, &me.actor, asked, &me.user.zone).await?;
    drop(tx);
    if let Some(fault) = filters.faults.faults().first() {
        // without the filter the file would hold more than was asked for
        let told = format!("Nothing was exported. {}. Open the audit log and filter it again.", fault.message);
        return Err(Error::new(StatusCode::UNPROCESSABLE_ENTITY, told));
    }
    let now = app.clock.now();
    let body = if method == Method::HEAD {
        // whoever only asks what there would be takes nothing along, and the log does not say that they did
        Body::empty()
    } else {
        let action = Action::LogExported { format: format.ending(), filter: filters.as_json() };
        let export = audit::export(&app.db, &me.actor, filters.filter, filters.before, &action, now).await?;
        Body::from_stream(arriving(export, format))
    };
    let day = to_jiff(now).to_zoned(me.user.zone.clone()).date();
    let name = format!("attachment; filename=\"audit-log-{day}.{}\"", format.ending());
    let headers = [
        (CONTENT_TYPE, format.content_type().to_owned()),
        (CONTENT_DISPOSITION, name),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, body).into_response())
}

/// A fault ends the body as broken, so that half a log is not taken for a whole one.
fn arriving(mut export: Export, format: Format) -> impl Stream<Item = Result<Bytes, DomainError>> {
    try_stream! {
        yield format.head()?;
        while let Some(entries) = export.next().await.inspect_err(broken)? {
            yield format.lines(&entries)?;
        }
    }
}

fn broken(error: &DomainError) {
    tracing::error!(error = error as &dyn std::error::Error, "an export of the audit log was cut off");
}
