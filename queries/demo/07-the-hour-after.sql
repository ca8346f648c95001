-- What was done from there in the hour after? By anybody: a thief makes users,
-- and goes on as roles.
with uses as (
    select userIdentity.accessKeyId as accessKey,
           regexp_extract(sourceIPAddress, '^\d+\.\d+\.\d+\.') as network,
           min(eventTime) as first
    from cloudtrail
    where vpcEndpointId is null
    group by all
), networks as (
    select network, min(first) as since from uses where network <> '' group by network
), keys as (
    select accessKey, min(first) as since from uses where accessKey like 'AKIA%' group by accessKey
), abroad as (
    select distinct network, networks.since
    from uses join networks using (network) join keys using (accessKey)
    where uses.first = networks.since and uses.first > keys.since + interval 7 days
)
select min(eventTime) as first, recipientAccountId as account,
       coalesce(userIdentity.userName, userIdentity.sessionContext.sessionIssuer.userName, userIdentity.type) as caller,
       eventName, errorCode, count(*) as calls
from cloudtrail join abroad on starts_with(sourceIPAddress, network)
                           and eventTime >= since and eventTime < since + interval 1 hour
group by account, caller, eventName, errorCode
order by all;
