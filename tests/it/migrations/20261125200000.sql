INSERT INTO sign_in_tries (subject, failures, tried_at) VALUES (sha256('account alice@example.org'), 3, clock_timestamp());
