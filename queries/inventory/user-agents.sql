-- Which programs call, and of which versions?
--
-- A line for each user agent, in the client's own words: how many calls, by how many
-- actors and from how many addresses. A rare one is worth a look, an old one an update.
--
-- Parameters:
--   $agent  text      = '%'           a pattern with %
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 500           so many rows at most
-- Needs: cloudtrail
SELECT userAgent, count(*) AS calls, count(errorCode) AS failed,
       count(DISTINCT actor(userIdentity)) AS actors, max(actor(userIdentity)) AS an_actor, count(DISTINCT sourceIPAddress) AS addresses,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE userAgent LIKE $agent
  AND eventTime >= $since AND eventTime < $until
GROUP BY userAgent
ORDER BY calls DESC, userAgent
LIMIT $limit
