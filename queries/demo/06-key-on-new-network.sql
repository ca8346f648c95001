-- Which access key was in use for a week and then came from a network that had
-- never been seen before? Who used it, and from where?
with uses as (
    select userIdentity.accessKeyId as accessKey, userIdentity.userName as userName,
           sourceIPAddress, regexp_extract(sourceIPAddress, '^\d+\.\d+\.\d+\.') as network,
           count(*) as calls, min(eventTime) as first, max(eventTime) as last
    from cloudtrail
    where vpcEndpointId is null
    group by all
), networks as (
    select network, min(first) as since from uses where network <> '' group by network
), keys as (
    select accessKey, min(first) as since from uses where accessKey like 'AKIA%' group by accessKey
), stolen as (
    select distinct accessKey
    from uses join networks using (network) join keys using (accessKey)
    where uses.first = networks.since and uses.first > keys.since + interval 7 days
)
select accessKey, userName, sourceIPAddress, calls, first, last
from uses join stolen using (accessKey)
order by first;
