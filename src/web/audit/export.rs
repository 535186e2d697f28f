//! The log as a file that is streamed while it is read: the next batch is read when the client has taken the last.

use async_stream::try_stream;
use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use bytes::Bytes;
use futures_util::Stream;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{Method, StatusCode};

use super::filters::Filters;
use super::lines;
use super::list_params::ListParams;
use crate::app::App;
use crate::audit::{self, Action, Export, ExportedEntry};
use crate::clock::to_jiff;
use crate::error::Error as DomainError;
use crate::web::actor::SignedIn;
use crate::web::error::{Error, Result};
use crate::web::extract::Query;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// For spreadsheets.
    Csv,
    /// For programs: one JSON object a line.
    Ndjson,
}

impl Format {
    pub(super) const ALL: [Self; 2] = [Self::Csv, Self::Ndjson];

    /// Returns the name of the format for people.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Ndjson => "NDJSON",
        }
    }

    pub(super) const fn extension(self) -> &'static str {
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

    fn lines(self, entries: &[ExportedEntry]) -> Result<Bytes, DomainError> {
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
    Query(params): Query<ListParams>,
) -> Result {
    export(&method, &app, &me, params, Format::Csv).await
}

pub(super) async fn ndjson(
    method: Method,
    State(app): State<App>,
    me: SignedIn,
    Query(params): Query<ListParams>,
) -> Result {
    export(&method, &app, &me, params, Format::Ndjson).await
}

async fn export(method: &Method, app: &App, me: &SignedIn, params: ListParams, format: Format) -> Result {
    let mut tx = app.db.enter(&me.actor).await?;
    let filters = Filters::read(&mut tx, me, params).await?;
    drop(tx);
    if let Some(fault) = filters.faults.faults().first() {
        // without the filter the file would hold more than was requested
        let message = format!("Nothing was exported. {}. Open the audit log and filter it again.", fault.message);
        return Err(Error::new(StatusCode::UNPROCESSABLE_ENTITY, message));
    }
    let now = app.clock.now();
    let body = if method == Method::HEAD {
        // a HEAD request exports nothing, so the log has no entry about it
        Body::empty()
    } else {
        let action = Action::LogExported { format: format.extension(), filter: filters.as_json() };
        let export = audit::export(&app.db, &me.actor, filters.filter, filters.before, &action, now).await?;
        Body::from_stream(stream_lines(export, format))
    };
    let day = to_jiff(now).to_zoned(me.user.zone.clone()).date();
    let name = format!("attachment; filename=\"audit-log-{day}.{}\"", format.extension());
    let headers = [
        (CONTENT_TYPE, format.content_type().to_owned()),
        (CONTENT_DISPOSITION, name),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, body).into_response())
}

/// Streams the file. An error breaks the body off, so that half a log is not taken for a whole one.
fn stream_lines(mut export: Export, format: Format) -> impl Stream<Item = Result<Bytes, DomainError>> {
    try_stream! {
        yield format.head()?;
        while let Some(entries) = export.next().await.inspect_err(log_broken)? {
            yield format.lines(&entries)?;
        }
    }
}

fn log_broken(error: &DomainError) {
    tracing::error!(
        error = error as &dyn std::error::Error,
        "Broke off an export of the audit log; its user has to start it again"
    );
}
