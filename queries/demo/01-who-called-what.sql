-- Who called what, and from where? A sample.
select distinct eventSource, eventName, sourceIPAddress, userIdentity.type, userIdentity.userName
from cloudtrail
where userIdentity.userName is not null
order by all
limit 10;
