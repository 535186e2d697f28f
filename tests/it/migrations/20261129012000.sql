UPDATE job SET requester_ip = '192.0.2.1';
