-- Which calls are made most, by how many callers, and how many of them fail?
select eventSource, eventName, count(*) as calls,
       count(distinct userIdentity.arn) as callers,
       count(errorCode) as failed
from cloudtrail
where eventCategory in ('Management', 'Data')
group by all
order by calls desc, eventSource, eventName
limit 10;
