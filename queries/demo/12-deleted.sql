-- What was deleted there? A DeleteObjects in the trail names no keys: the access
-- logs have a line for each, with the same request ID.
select c.eventTime, c.userIdentity.userName as userName, city(c.sourceIPAddress) as city,
       d.bucket_name, count(*) as keys, sum(d.objectsize) as bytes, min(d.key) as one_of_them
from cloudtrail c join s3logs d on d.requestid = c.requestID
where c.eventName = 'DeleteObjects' and d.operation = 'BATCH.DELETE.OBJECT'
  and country(c.sourceIPAddress) = 'Iceland'
group by all
order by c.eventTime;
