-- Who is there, and how much do they do?
--
-- Everybody who called, with the accounts and regions that they called in, the kinds of
-- call, and when first and last. A role counts as one actor, whatever its sessions are
-- called, but for those that carry a person's name.
--
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
SELECT actor(userIdentity) AS actor, min(userIdentity.type) AS type,
       count(*) AS calls, count(errorCode) AS failed, count(CASE WHEN NOT readOnly THEN 1 END) AS changes,
       count(DISTINCT recipientAccountId) AS accounts, count(DISTINCT awsRegion) AS regions,
       count(DISTINCT eventName) AS kinds, count(DISTINCT sourceIPAddress) AS addresses,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE eventTime >= $since AND eventTime < $until
GROUP BY actor(userIdentity)
ORDER BY calls DESC, actor
