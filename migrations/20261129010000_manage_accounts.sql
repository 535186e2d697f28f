-- Administrators invite people, disable accounts and see when an account was last used.

ALTER TABLE users
    ADD COLUMN disabled_at  timestamptz,
    ADD COLUMN last_seen_at timestamptz;
COMMENT ON COLUMN users.is_admin IS 'True if the person administers the hub. An administrator does not read other people''s rows.';
COMMENT ON COLUMN users.disabled_at IS 'Time at which an administrator disabled the account; null: it is not disabled. A disabled account has no session and cannot sign in.';
COMMENT ON COLUMN users.last_seen_at IS 'Time of the last request of a signed-in browser, to the minute; null: never.';
UPDATE users u SET last_seen_at = (SELECT max(s.seen_at) FROM user_sessions s WHERE s.user_id = u.id);

ALTER TABLE email_tokens DROP CONSTRAINT email_tokens_purpose_check;
ALTER TABLE email_tokens ADD CONSTRAINT email_tokens_purpose_check
    CHECK (purpose IN ('confirm', 'reset', 'setup', 'email', 'invite'));
ALTER TABLE email_tokens DROP CONSTRAINT email_tokens_address_check;
ALTER TABLE email_tokens ADD CONSTRAINT email_tokens_address_check
    CHECK ((purpose IN ('email', 'invite')) = (new_email IS NOT NULL));
CREATE INDEX email_tokens_of_invitations ON email_tokens (created_at) WHERE purpose = 'invite';
COMMENT ON TABLE email_tokens IS 'Single-use links: confirm an address, reset a password, change an address, invite a person, create the owner''s account.';
COMMENT ON COLUMN email_tokens.user_id IS 'User whom the link belongs to; null for an invitation and for the set-up, which make an account.';
COMMENT ON COLUMN email_tokens.purpose IS 'confirm, reset, email, invite or setup.';
COMMENT ON COLUMN email_tokens.new_email IS 'Address that the account gets, of a change of address and of an invitation; null: of another purpose.';

ALTER TABLE mail_outbox DROP CONSTRAINT mail_outbox_kind_check;
ALTER TABLE mail_outbox ADD CONSTRAINT mail_outbox_kind_check
    CHECK (kind IN ('confirmation', 'account_exists', 'password_reset', 'password_changed', 'email_change', 'email_taken',
        'email_change_notice', 'invitation', 'connection_expired', 'key_expiring', 'client_rejected'));
