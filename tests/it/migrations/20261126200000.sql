-- the connection that calls go through unless another is chosen
UPDATE user_connections SET is_default = true;
