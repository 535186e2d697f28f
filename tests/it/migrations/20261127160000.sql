-- a connection whose key is to be verified, and ends on a day of which its owner is to be reminded
UPDATE user_connections
SET renew_at = clock_timestamp(), ends_on = '2027-03-03', remind_at = clock_timestamp()
WHERE id = '00000000-0000-7000-8000-0000000000f1';
