//! The filters of the list of jobs in words.

use crate::jobs::StatusFilter;

pub(super) const fn status_label(stage: StatusFilter) -> &'static str {
    match stage {
        StatusFilter::Queued => "Queued or waiting",
        StatusFilter::WaitingInput => "Waiting for you",
        StatusFilter::Running => "Running",
        StatusFilter::Succeeded => "Succeeded",
        StatusFilter::Failed => "Failed or unknown",
        StatusFilter::Unknown => "Outcome unknown",
        StatusFilter::Canceled => "Cancelled",
    }
}

pub(super) const fn heading_noun(stage: StatusFilter) -> &'static str {
    match stage {
        StatusFilter::Queued => "Queued or waiting jobs",
        StatusFilter::WaitingInput => "Jobs that wait for you",
        StatusFilter::Running => "Running jobs",
        StatusFilter::Succeeded => "Succeeded jobs",
        StatusFilter::Failed => "Failed or unknown jobs",
        StatusFilter::Unknown => "Jobs with an unknown outcome",
        StatusFilter::Canceled => "Cancelled jobs",
    }
}
