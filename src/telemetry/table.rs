//! All metrics: names, labels, and what they count. `docs/operating.md` lists each with the alert it is for; a test
//! compares the two.

use super::metric::{Label, Metric};

/// Methods that have a series of their own.
pub const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "other"];

/// Classes of statuses that the hub answers with.
pub const STATUS_CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

const METHOD: Label = Label { name: "method", values: &METHODS };
/// The routes of the router, and `none`.
const ROUTE: Label = Label { name: "route", values: &[] };
const STATUS: Label = Label { name: "status", values: &STATUS_CLASSES };
const ORIGIN: Label = Label { name: "origin", values: &["browser", "assistant", "system", "cli"] };
const JOB_OUTCOME: Label = Label { name: "outcome", values: &["ok", "permanent", "dead", "canceled", "unknown"] };
const CONNECTOR_KIND: Label = Label { name: "connector_kind", values: &["builtin", "mcp", "rest", "none"] };
const RUN_RESULT: Label =
    Label { name: "result", values: &["completed", "retry", "paused", "reauth", "released", "lost"] };
const QUEUE_STATE: Label = Label { name: "state", values: &["ready", "running", "retry", "paused", "reauth"] };
const REFRESH_RESULT: Label = Label {
    name: "result",
    values: &["refreshed", "invalid_grant", "invalid_client", "failed", "superseded", "error"],
};
const VERIFICATION_RESULT: Label =
    Label { name: "result", values: &["accepted", "rejected", "failed", "superseded", "error"] };
const MAIL_RESULT: Label = Label { name: "result", values: &["sent", "retry", "failed"] };
const POOL: Label = Label { name: "pool", values: &["web", "system"] };
const CONNECTION_STATE: Label = Label { name: "state", values: &["used", "idle"] };
const EGRESS_OUTCOME: Label = Label {
    name: "outcome",
    values: &[
        "1xx",
        "2xx",
        "3xx",
        "4xx",
        "5xx",
        "url",
        "refused",
        "unresolved",
        "unreachable",
        "handshake",
        "client_certificate_rejected",
        "invalid_client_certificate",
        "timeout",
        "broken",
        "http_client_setup",
    ],
};
const BODY_FAULT: Label = Label { name: "reason", values: &["timeout", "broken", "too_large"] };
const EXPORT_RESULT: Label = Label { name: "result", values: &["ok", "failed"] };
const VERSION: Label = Label { name: "version", values: &[env!("CARGO_PKG_VERSION")] };

/// Bounds for pages and other requests.
const REQUEST_BUCKETS: &[f64] = &[0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];
/// Bounds for runs, which may last five minutes.
const RUN_BUCKETS: &[f64] = &[0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];
/// Bounds for the wait of a job.
const WAIT_BUCKETS: &[f64] = &[0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0];

/// Answered requests.
pub const HTTP_REQUESTS: Metric = Metric::counter(
    "craft_http_requests_total",
    &[METHOD, ROUTE, STATUS],
    "Requests answered, by matched route. A live stream counts once, when it begins.",
);
/// Time of requests.
pub const HTTP_REQUEST_SECONDS: Metric = Metric::seconds(
    "craft_http_request_seconds",
    &[METHOD, ROUTE],
    REQUEST_BUCKETS,
    "Time until the headers of an answer were ready, by matched route.",
);
/// Open sockets.
pub const HTTP_SOCKETS: Metric = Metric::gauge("craft_http_sockets", &[], "Sockets of clients that are open.");
/// Refused sockets.
pub const HTTP_SOCKETS_REFUSED: Metric = Metric::counter(
    "craft_http_sockets_refused_total",
    &[],
    "Sockets that were refused because the process, or their address, had too many.",
);
/// Accepted jobs.
pub const JOBS_ENQUEUED: Metric =
    Metric::counter("craft_jobs_enqueued_total", &[ORIGIN], "Jobs accepted, by where they came from.");
/// Finished jobs.
pub const JOBS_FINISHED: Metric = Metric::counter(
    "craft_jobs_finished_total",
    &[JOB_OUTCOME, CONNECTOR_KIND],
    "Jobs finished, by outcome. A job that never ran, or was lost with its process, has the connector kind none.",
);
/// Ended runs.
pub const JOB_RUNS: Metric = Metric::counter(
    "craft_job_runs_total",
    &[RUN_RESULT],
    "Runs of jobs ended: completed, to be run again (retry, paused, reauth, released), or lost with their process.",
);
/// Time of runs.
pub const JOB_RUN_SECONDS: Metric =
    Metric::seconds("craft_job_run_seconds", &[CONNECTOR_KIND], RUN_BUCKETS, "Time of a run, from claim to end.");
/// Wait of jobs.
pub const JOB_WAIT_SECONDS: Metric = Metric::seconds(
    "craft_job_wait_seconds",
    &[],
    WAIT_BUCKETS,
    "Time from the acceptance of a job to the start of its first run.",
);
/// Slots of this process.
pub const WORKER_SLOTS: Metric = Metric::gauge("craft_worker_slots", &[], "Jobs that this process can run at once.");
/// Slots in use.
pub const WORKER_SLOTS_USED: Metric = Metric::gauge("craft_worker_slots_used", &[], "Jobs that this process runs now.");
/// Depth of the queue.
pub const QUEUE_JOBS: Metric = Metric::gauge(
    "craft_queue_jobs",
    &[QUEUE_STATE],
    "Unfinished jobs of the hub, by state, counted to 100,000. Read from the database at most once in 5 seconds.",
);
/// Age of the queue.
pub const QUEUE_OLDEST_READY_SECONDS: Metric = Metric::gauge(
    "craft_queue_oldest_ready_seconds",
    &[],
    "Age of the oldest job of the hub that could start and has never run.",
);
/// Delay of promotion.
pub const QUEUE_OVERDUE_SECONDS: Metric = Metric::gauge(
    "craft_queue_overdue_seconds",
    &[],
    "Time for which a job of the hub has been due and still waits. Above a few seconds, no process maintains the queue.",
);
/// Leadership.
pub const QUEUE_LEADER: Metric =
    Metric::gauge("craft_queue_leader", &[], "1 in the process that maintains the queue, 0 in the others.");
/// Token refreshes.
pub const TOKEN_REFRESHES: Metric = Metric::counter(
    "craft_token_refreshes_total",
    &[REFRESH_RESULT],
    "Token refreshes, by result: invalid_grant expires the connection, invalid_client is the hub's own registration, \
     error is a fault of the hub.",
);
/// Key verifications.
pub const KEY_VERIFICATIONS: Metric =
    Metric::counter("craft_key_verifications_total", &[VERIFICATION_RESULT], "Verifications of idle keys, by result.");
/// Open streams.
pub const LIVE_STREAMS: Metric = Metric::gauge("craft_live_streams", &[], "Live pages that are open.");
/// Streams that were ended.
pub const LIVE_STREAMS_REVOKED: Metric = Metric::counter(
    "craft_live_streams_revoked_total",
    &[],
    "Live pages that ended because their user opened too many.",
);
/// Mail.
pub const MAILS: Metric = Metric::counter(
    "craft_mails_total",
    &[MAIL_RESULT],
    "Attempts to send a mail: sent, to be tried again, or failed.",
);
/// Connections of the pools.
pub const DB_CONNECTIONS: Metric =
    Metric::gauge("craft_db_connections", &[POOL, CONNECTION_STATE], "Open connections to the database, by pool.");
/// Size of the pools.
pub const DB_CONNECTIONS_MAX: Metric =
    Metric::gauge("craft_db_connections_max", &[POOL], "Most connections of a pool.");
/// Waits that were too long.
pub const DB_TIMEOUTS: Metric = Metric::counter(
    "craft_db_timeouts_total",
    &[POOL],
    "Transactions that did not begin because no connection became free in time.",
);
/// Outgoing requests.
pub const EGRESS_REQUESTS: Metric = Metric::counter(
    "craft_egress_requests_total",
    &[EGRESS_OUTCOME],
    "Outgoing requests, by class of the answer's status, or by the reason why there was none.",
);
/// Time of outgoing requests.
pub const EGRESS_REQUEST_SECONDS: Metric = Metric::seconds(
    "craft_egress_request_seconds",
    &[],
    RUN_BUCKETS,
    "Time until the headers of an answer to an outgoing request arrived.",
);
/// Answers that broke off.
pub const EGRESS_BODY_FAULTS: Metric = Metric::counter(
    "craft_egress_body_faults_total",
    &[BODY_FAULT],
    "Answers to outgoing requests whose body did not arrive whole.",
);
/// Exports of traces.
pub const TRACE_EXPORTS: Metric =
    Metric::counter("craft_trace_exports_total", &[EXPORT_RESULT], "Exports of spans to the collector, by result.");
/// The build.
pub const BUILD_INFO: Metric = Metric::gauge("craft_build_info", &[VERSION], "1, with the version of this process.");

/// All metrics.
pub const ALL: &[Metric] = &[
    HTTP_REQUESTS,
    HTTP_REQUEST_SECONDS,
    HTTP_SOCKETS,
    HTTP_SOCKETS_REFUSED,
    JOBS_ENQUEUED,
    JOBS_FINISHED,
    JOB_RUNS,
    JOB_RUN_SECONDS,
    JOB_WAIT_SECONDS,
    WORKER_SLOTS,
    WORKER_SLOTS_USED,
    QUEUE_JOBS,
    QUEUE_OLDEST_READY_SECONDS,
    QUEUE_OVERDUE_SECONDS,
    QUEUE_LEADER,
    TOKEN_REFRESHES,
    KEY_VERIFICATIONS,
    LIVE_STREAMS,
    LIVE_STREAMS_REVOKED,
    MAILS,
    DB_CONNECTIONS,
    DB_CONNECTIONS_MAX,
    DB_TIMEOUTS,
    EGRESS_REQUESTS,
    EGRESS_REQUEST_SECONDS,
    EGRESS_BODY_FAULTS,
    TRACE_EXPORTS,
    BUILD_INFO,
];
