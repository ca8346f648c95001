-- Who is denied most kinds of call? A role is one actor, whatever its sessions
-- are called.
select coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn,
                userIdentity.invokedBy, userIdentity.accountId) as actor,
       count(distinct eventName) as kinds, count(*) as denied,
       min(eventTime) as first, max(eventTime) as last
from cloudtrail
where errorCode like '%Denied%' or errorCode like '%Unauthorized%'
group by actor
order by kinds desc, denied desc, actor
limit 8;
