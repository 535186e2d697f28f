//! Claims: never more jobs than the caps allow, and round robin over users.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use craft::ids::{ConnectorId, JobId, OwnerId};
use craft::queue::{Engine, EngineSettings, Lease, Leases};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::enqueue::fill;
use super::{Caller, Hub, done, next, release};
use crate::support::hang::in_time;

const LANE_CAP: usize = 3;
const CONNECTOR_CAP: usize = 7;

/// Running jobs, as counted by the runs themselves.
#[derive(Default)]
struct Board {
    of_owner: HashMap<OwnerId, usize>,
    of_connector: HashMap<ConnectorId, usize>,
    most_of_owner: usize,
    most_of_connector: usize,
    ran: HashSet<JobId>,
    /// Set once as many jobs run at a time as the caps allow.
    is_full: watch::Sender<bool>,
}

impl Board {
    fn enter(&mut self, lease: &Lease, caller: Caller) {
        assert!(self.ran.insert(lease.job_id()), "a job was claimed twice");
        let user = self.of_owner.entry(caller.owner).or_default();
        *user += 1;
        self.most_of_owner = self.most_of_owner.max(*user);
        let connector = self.of_connector.entry(caller.connector).or_default();
        *connector += 1;
        self.most_of_connector = self.most_of_connector.max(*connector);
        if self.most_of_owner >= LANE_CAP && self.most_of_connector >= CONNECTOR_CAP {
            self.is_full.send_replace(true);
        }
    }

    fn finish(&mut self, caller: Caller) {
        *self.of_owner.get_mut(&caller.owner).unwrap() -= 1;
        *self.of_connector.get_mut(&caller.connector).unwrap() -= 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn caps_are_exact_under_four_claimers() {
    let hub = Arc::new(Hub::new().await);
    let (shared, other) = (hub.caller().await, hub.caller().await);
    let mut callers = vec![shared, other];
    for _ in 0..5 {
        callers.push(hub.caller_of(shared.connector).await);
    }
    let mut jobs = HashMap::new();
    for caller in &callers {
        for _ in 0..20 {
            jobs.insert(hub.enqueue(*caller).await, *caller);
        }
    }
    sqlx::query("UPDATE lane SET cap = $1").bind(i32::try_from(LANE_CAP).unwrap()).execute(hub.pool()).await.unwrap();
    let (board, jobs) = (Arc::new(Mutex::new(Board::default())), Arc::new(jobs));
    let settings =
        EngineSettings { slots: 30, connector_cap: u32::try_from(CONNECTOR_CAP).unwrap(), ..EngineSettings::default() };
    let mut processes = JoinSet::new();
    for _ in 0..4 {
        let (engine, leases) = hub.engine_with(settings).await;
        processes.spawn(work(hub.clone(), engine, leases, board.clone(), jobs.clone()));
    }
    processes.join_all().await;
    let most = {
        let board = board.lock().unwrap();
        (board.most_of_owner, board.most_of_connector)
    };
    assert_eq!(most, (LANE_CAP, CONNECTOR_CAP));
    assert_eq!(hub.count("job_result WHERE outcome = 'ok'").await, 140);
}

#[tokio::test]
async fn an_idle_process_claims_a_job_in_the_commit_that_enqueues_it() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let (engine, mut leases) = hub.engine().await;
    let mut at_once = 0;
    // the claimer may be claiming when a job is enqueued, and then claims it in a commit of its own
    for _ in 0..100 {
        let job = hub.enqueue(caller).await;
        let lease = next(&mut leases).await;
        assert_eq!((lease.job_id(), lease.run_no()), (job, 1));
        let one_commit = "SELECT j.xmin = l.xmin FROM job j JOIN job_lease l ON l.job_id = j.id WHERE j.id = $1";
        at_once += usize::from(hub.value::<bool>(one_commit, job).await);
        let finish = done(&lease, caller, hub.now());
        assert!(engine.finish(lease, finish).await.unwrap());
        if at_once > 0 {
            break;
        }
    }
    assert!(at_once > 0, "every job waited for a claim of its own");
}

#[tokio::test]
async fn a_job_over_a_cap_waits_although_the_process_is_idle() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let (engine, mut leases) = hub.engine_with(EngineSettings { owner_cap: 1, ..EngineSettings::default() }).await;
    let first = hub.enqueue(caller).await;
    let running = next(&mut leases).await;
    let second = hub.enqueue(caller).await;
    assert_eq!((running.job_id(), hub.status(caller, second).await.as_str()), (first, "queued"));
    let finish = done(&running, caller, hub.now());
    assert!(engine.finish(running, finish).await.unwrap());
    assert_eq!(next(&mut leases).await.job_id(), second, "the end of the first is the turn of the second");
}

/// Runs claimed jobs until all jobs have run.
async fn work(
    hub: Arc<Hub>,
    engine: Engine,
    mut leases: Leases,
    board: Arc<Mutex<Board>>,
    jobs: Arc<HashMap<JobId, Caller>>,
) {
    let mut runs = JoinSet::new();
    while board.lock().unwrap().ran.len() < jobs.len() {
        let Ok(Some(lease)) = tokio::time::timeout(std::time::Duration::from_millis(100), leases.recv()).await else {
            continue;
        };
        let caller = jobs[&lease.job_id()];
        let mut is_full = {
            let mut board = board.lock().unwrap();
            board.enter(&lease, caller);
            board.is_full.subscribe()
        };
        let (engine, board, now) = (engine.clone(), board.clone(), hub.now());
        runs.spawn(async move {
            in_time("the caps are reached", is_full.wait_for(|it| *it)).await.unwrap();
            // room for a claimer that does not count the others' claims
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            board.lock().unwrap().finish(caller);
            let finish = done(&lease, caller, now);
            assert!(engine.finish(lease, finish).await.unwrap());
        });
    }
    runs.join_all().await;
}

#[tokio::test]
async fn a_user_with_ten_thousand_jobs_does_not_starve_another() {
    let hub = Hub::new().await;
    let (many, few) = (hub.caller().await, hub.caller().await);
    hub.enqueue(many).await;
    fill(&hub, many, 9_999).await;
    let (engine, mut leases) = hub.engine_with(EngineSettings { slots: 4, ..EngineSettings::default() }).await;
    let mut running = Vec::new();
    for _ in 0..4 {
        running.push(next(&mut leases).await);
    }
    assert!(running.iter().all(|lease| lease.owner_id() == many.owner), "nobody else had work");
    let waiting = hub.enqueue(few).await;
    // every slot is taken: the first that is freed is the other caller's
    release(&engine, running.pop().unwrap(), hub.now()).await;
    assert_eq!(next(&mut leases).await.job_id(), waiting);
}

#[tokio::test]
async fn one_users_connections_share_the_users_cap() {
    let hub = Hub::new().await;
    let caller = hub.caller().await;
    let second = Caller { connection: craft::ids::ConnectionId::new(hub.now()), ..caller };
    sqlx::query(
        "INSERT INTO user_connections (owner_id, id, connector_id, label, status, created_at, updated_at)
         VALUES ($1, $2, $3, 'Second', 'active', $4, $4)",
    )
    .bind(second.owner)
    .bind(second.connection)
    .bind(second.connector)
    .bind(hub.now())
    .execute(hub.pool())
    .await
    .unwrap();
    for _ in 0..3 {
        hub.enqueue(caller).await;
        hub.enqueue(second).await;
    }
    let (engine, mut leases) = hub.engine_with(EngineSettings { owner_cap: 4, ..EngineSettings::default() }).await;
    let mut running = Vec::new();
    for _ in 0..4 {
        running.push(next(&mut leases).await);
    }
    assert_eq!((hub.count("job_lease").await, hub.count("job_ready").await), (4, 2));
    let lease = running.pop().unwrap();
    let finish = done(&lease, caller, hub.now());
    engine.finish(lease, finish).await.unwrap();
    // the freed place is used at once, without a wake-up from an enqueue
    next(&mut leases).await;
}

#[tokio::test]
async fn jobs_of_a_paused_lane_are_enqueued_and_not_claimed() {
    let hub = Hub::new().await;
    let (paused, other) = (hub.caller().await, hub.caller().await);
    let waiting = hub.enqueue(paused).await;
    hub.change("UPDATE lane SET paused = true WHERE lane = (SELECT lane FROM job_ready WHERE job_id = $1)", waiting)
        .await;
    let (_engine, mut leases) = hub.engine().await;
    let claimed = hub.enqueue(other).await;
    assert_eq!(next(&mut leases).await.job_id(), claimed);
    assert_eq!(hub.status(paused, waiting).await, "queued");
}
