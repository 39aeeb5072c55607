INSERT INTO entries (name, message) VALUES ('the database', 'Welcome! This line was written by a migration.');
