-- Who read the most from the buckets, and from where? The S3 access logs tell what
-- the trail does not: how many bytes were sent.
select split_part(requester, ':', 6) as requester, city(remoteip) as city, country(remoteip) as country,
       count(distinct key) as objects, sum(bytessent) as bytes,
       min(time) as first, max(time) as last
from s3logs
where operation = 'REST.GET.OBJECT' and requester is not null and city(remoteip) is not null
group by all
order by bytes desc
limit 5;
