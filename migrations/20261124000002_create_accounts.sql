-- Accounts: people, their sessions, and the links that are mailed to them.

CREATE TABLE users (
    id            uuid PRIMARY KEY,
    email         text NOT NULL CHECK (length(email) <= 254),
    display_name  text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 80),
    password_hash text NOT NULL,
    is_admin      boolean NOT NULL DEFAULT false,
    time_zone     text NOT NULL DEFAULT 'UTC',
    theme         text NOT NULL DEFAULT 'auto' CHECK (theme IN ('auto', 'light', 'dark')),
    confirmed_at  timestamptz,
    created_at    timestamptz NOT NULL
);
CREATE UNIQUE INDEX users_email_key ON users (lower(email));
COMMENT ON TABLE users IS 'One person with an account.';
COMMENT ON COLUMN users.id IS 'Time-ordered.';
COMMENT ON COLUMN users.email IS 'As typed at sign-up; unique without regard to case.';
COMMENT ON COLUMN users.display_name IS 'What pages and audit entries call this person.';
COMMENT ON COLUMN users.password_hash IS 'Argon2id in PHC string form.';
COMMENT ON COLUMN users.is_admin IS 'The owner and those they name; administers the hub, does not read other people''s rows.';
COMMENT ON COLUMN users.time_zone IS 'IANA zone in which times are shown.';
COMMENT ON COLUMN users.theme IS 'auto follows the operating system.';
COMMENT ON COLUMN users.confirmed_at IS 'When the mailed link was used; null: cannot sign in yet.';
COMMENT ON COLUMN users.created_at IS 'When the account was made.';
SELECT own_by('users', 'id');

CREATE TABLE user_sessions (
    id_hash    bytea PRIMARY KEY CHECK (length(id_hash) = 32),
    user_id    uuid REFERENCES users (id) ON DELETE CASCADE,
    data       text NOT NULL,
    ip         text,
    agent      text,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX user_sessions_by_user ON user_sessions (user_id, seen_at DESC);
CREATE INDEX user_sessions_by_expiry ON user_sessions (expires_at);
COMMENT ON TABLE user_sessions IS 'Browser sessions; the cookie holds the id, this table only its hash.';
COMMENT ON COLUMN user_sessions.id_hash IS 'SHA-256 of the session id: a copy of this table signs nobody in.';
COMMENT ON COLUMN user_sessions.user_id IS 'Who is signed in; null for a visitor (who may have a flash message or a page to return to).';
COMMENT ON COLUMN user_sessions.data IS 'The session record as JSON text.';
COMMENT ON COLUMN user_sessions.ip IS 'Address at the last request that renewed the session.';
COMMENT ON COLUMN user_sessions.agent IS 'User agent at sign-in.';
COMMENT ON COLUMN user_sessions.created_at IS 'When the session began.';
COMMENT ON COLUMN user_sessions.seen_at IS 'Last request, to the minute.';
COMMENT ON COLUMN user_sessions.expires_at IS 'When the cookie stops working.';
SELECT own_by('user_sessions', 'user_id');

CREATE TABLE email_tokens (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    user_id    uuid REFERENCES users (id) ON DELETE CASCADE,
    purpose    text NOT NULL CHECK (purpose IN ('confirm', 'reset', 'setup')),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX email_tokens_by_user ON email_tokens (user_id, purpose);
COMMENT ON TABLE email_tokens IS 'Single-use links: confirm an address, reset a password, create the owner account.';
COMMENT ON COLUMN email_tokens.token_hash IS 'SHA-256 of the token in the link.';
COMMENT ON COLUMN email_tokens.user_id IS 'Whose link; null for setup, which makes the first user.';
COMMENT ON COLUMN email_tokens.purpose IS 'confirm, reset or setup.';
COMMENT ON COLUMN email_tokens.created_at IS 'When the link was made.';
COMMENT ON COLUMN email_tokens.expires_at IS 'When it stops working.';
COMMENT ON COLUMN email_tokens.used_at IS 'When it was used; a used link says so rather than "unknown".';
SELECT keep_for_system('email_tokens');
