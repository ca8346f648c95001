-- Which accounts are in the log, and what of them?
--
-- A line for each account: events by category, actors, regions, the days with events,
-- and from when to when.
--
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
SELECT recipientAccountId AS account, count(*) AS events,
       count(CASE WHEN coalesce(eventCategory, 'Management') = 'Management' THEN 1 END) AS management,
       count(CASE WHEN eventCategory = 'Data' THEN 1 END) AS data,
       count(CASE WHEN eventCategory = 'NetworkActivity' THEN 1 END) AS network,
       count(CASE WHEN eventCategory = 'Insight' THEN 1 END) AS insights,
       count(DISTINCT actor(userIdentity)) AS actors, count(DISTINCT awsRegion) AS regions,
       count(DISTINCT date_trunc('day', eventTime)) AS days, min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE eventTime >= $since AND eventTime < $until
GROUP BY recipientAccountId
ORDER BY events DESC, account
