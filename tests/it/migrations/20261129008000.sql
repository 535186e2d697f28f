-- a person who chose their time zone and has removed the first steps
UPDATE users SET has_chosen_time_zone = true, has_dismissed_first_steps = true WHERE id = (SELECT id FROM users LIMIT 1);
