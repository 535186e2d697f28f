-- The list of jobs counts those that wait for a person on each of its pages. Few of the waiting jobs do, so they have an index
-- of their own, which only they cost.
CREATE INDEX job_later_for_person ON job_later (owner_id, job_id) WHERE reason = 'reauth';
