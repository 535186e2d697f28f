-- Whether a person chose their time zone, and whether they have dismissed the first steps. Until now, every account began
-- with UTC, and pages showed its times without their zone.

ALTER TABLE users
    ADD COLUMN has_chosen_time_zone       boolean NOT NULL DEFAULT false,
    ADD COLUMN has_dismissed_first_steps  boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN users.time_zone IS 'IANA zone in which times are shown, unless the person chose none and their browser names another.';
COMMENT ON COLUMN users.has_chosen_time_zone IS 'True if the person chose time_zone; false: it is the zone of the browser that made the account, or UTC.';
COMMENT ON COLUMN users.has_dismissed_first_steps IS 'True if the person has removed the first steps from their dashboard.';

UPDATE users SET has_chosen_time_zone = true WHERE time_zone <> 'UTC';
