-- The outbox: mails that wait for the mail server. A mail is written in the transaction of what it tells, so neither
-- exists without the other. The text is a sealed secret, because it may contain a link that works once.

CREATE TABLE mail_outbox (
    id              uuid PRIMARY KEY,
    kind            text NOT NULL CHECK (kind IN ('confirmation', 'account_exists', 'password_reset',
                        'password_changed', 'email_change', 'email_taken', 'email_change_notice',
                        'connection_expired', 'key_expiring', 'client_rejected')),
    recipient       text NOT NULL,
    subject         text NOT NULL,
    text_ref        text,
    attempts        integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at timestamptz NOT NULL,
    last_reply      text CHECK (length(last_reply) <= 500),
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    failed_at       timestamptz,
    failure         text CHECK (failure IN ('refused', 'expired', 'unreadable')),
    CHECK ((failed_at IS NULL) = (failure IS NULL)),
    CHECK ((failed_at IS NULL) = (text_ref IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX mail_outbox_due ON mail_outbox (next_attempt_at, id) WHERE failed_at IS NULL;
COMMENT ON TABLE mail_outbox IS 'Mails that wait for the mail server, and for 30 days those that could not be sent. A row is deleted when the server has accepted its mail.';
COMMENT ON COLUMN mail_outbox.id IS 'Id of the mail; its Message-ID is made of it.';
COMMENT ON COLUMN mail_outbox.kind IS 'Subject matter, for logs.';
COMMENT ON COLUMN mail_outbox.recipient IS 'Address of the recipient.';
COMMENT ON COLUMN mail_outbox.subject IS 'Subject line.';
COMMENT ON COLUMN mail_outbox.text_ref IS 'Reference to the sealed text in secrets; null: the mail failed and the text was deleted.';
COMMENT ON COLUMN mail_outbox.attempts IS 'Attempts so far, including one under way.';
COMMENT ON COLUMN mail_outbox.next_attempt_at IS 'Time of the next attempt. An attempt moves it ahead, so that no other process makes the same one.';
COMMENT ON COLUMN mail_outbox.last_reply IS 'Reason why the last attempt failed, without text of the mail; null: none failed.';
COMMENT ON COLUMN mail_outbox.created_at IS 'Time of creation, and the date of the mail.';
COMMENT ON COLUMN mail_outbox.expires_at IS 'Time from which the mail is of no use, and is not sent any more.';
COMMENT ON COLUMN mail_outbox.failed_at IS 'Time at which the hub stopped trying; null: the mail waits.';
COMMENT ON COLUMN mail_outbox.failure IS 'Reason why the hub stopped: refused by the server, expired, or unreadable (its text cannot be opened).';
SELECT keep_for_system('mail_outbox');
