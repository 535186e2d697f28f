-- How a person wants pages to be, and a change of e-mail address that waits until the new one is confirmed.

ALTER TABLE users
    ADD COLUMN contrast text NOT NULL DEFAULT 'auto' CHECK (contrast IN ('auto', 'more')),
    ADD COLUMN motion   text NOT NULL DEFAULT 'auto' CHECK (motion IN ('auto', 'reduce')),
    ADD COLUMN announce text NOT NULL DEFAULT 'all' CHECK (announce IN ('all', 'ends', 'none'));
COMMENT ON COLUMN users.contrast IS 'auto follows the operating system; more: the palette with more contrast.';
COMMENT ON COLUMN users.motion IS 'auto follows the operating system; reduce: nothing moves.';
COMMENT ON COLUMN users.announce IS 'Which changes of a job a screen reader is told of: all, only how it ended (ends), none.';

ALTER TABLE email_tokens DROP CONSTRAINT email_tokens_purpose_check;
ALTER TABLE email_tokens
    ADD COLUMN new_email text CHECK (length(new_email) <= 254),
    ADD CONSTRAINT email_tokens_purpose_check CHECK (purpose IN ('confirm', 'reset', 'setup', 'email')),
    ADD CONSTRAINT email_tokens_address_check CHECK ((purpose = 'email') = (new_email IS NOT NULL));
COMMENT ON TABLE email_tokens IS 'Single-use links: confirm an address, reset a password, create the owner account, change an address.';
COMMENT ON COLUMN email_tokens.purpose IS 'confirm, reset, setup or email.';
COMMENT ON COLUMN email_tokens.new_email IS 'For email: the address that using the link gives to the account.';
