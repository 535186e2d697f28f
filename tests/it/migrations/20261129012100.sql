UPDATE users SET announce = 'regular';
