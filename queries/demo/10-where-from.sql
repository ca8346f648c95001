-- From where is that user's work done, and from where was it that night?
select city(sourceIPAddress) as city, country(sourceIPAddress) as country,
       as_org(sourceIPAddress) as network, count(*) as calls,
       min(eventTime) as first, max(eventTime) as last
from cloudtrail
where actor(userIdentity) like '%:user/deploy-web'
group by all
order by first;
