-- the waiting job keeps its reason
SELECT reason FROM job_later WHERE reason = 'retry';
