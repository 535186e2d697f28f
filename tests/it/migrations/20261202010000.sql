-- a job that alice's assistant asked for
UPDATE job SET via = '00000000-0000-7000-8000-0000000000e2' WHERE owner_id = '00000000-0000-7000-8000-00000000000a';
