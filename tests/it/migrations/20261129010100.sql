-- a person who turned the keys off
UPDATE users SET keys = 'off' WHERE id = (SELECT id FROM users LIMIT 1);
