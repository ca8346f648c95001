-- What was done by the account itself? Its root user, and callers that other
-- accounts know by nothing but their account.
select distinct eventSource, eventName, userIdentity.principalId
from cloudtrail
where userIdentity.principalId = userIdentity.accountId
order by all;
