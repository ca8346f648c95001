-- Which sessions did a role have, and from where were they used?
--
-- A line for each session that did something: its name, its key, when it began, the
-- addresses that it was used from, and how much it did. More than one address may be a
-- copied key.
--
-- Parameters:
--   $role   text                      the role's ARN, its name, or a pattern with %
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 500           so many rows at most
-- Needs: cloudtrail
SELECT userIdentity.sessionContext.sessionIssuer.arn AS role, split_part(userIdentity.principalId, ':', 2) AS session,
       userIdentity.accessKeyId AS accessKeyId, min(userIdentity.sessionContext.attributes.creationDate) AS began,
       count(*) AS calls, count(errorCode) AS failed,
       count(CASE WHEN NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)')) THEN 1 END) AS changes,
       count(DISTINCT sourceIPAddress) AS addresses, array_join(array_sort(array_agg(DISTINCT sourceIPAddress)), ', ') AS from_where,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE (userIdentity.sessionContext.sessionIssuer.arn LIKE $role OR userIdentity.sessionContext.sessionIssuer.arn LIKE '%/' || CAST($role AS varchar))
  AND eventTime >= $since AND eventTime < $until
GROUP BY userIdentity.sessionContext.sessionIssuer.arn, split_part(userIdentity.principalId, ':', 2), userIdentity.accessKeyId
ORDER BY first_time DESC, role, session, accessKeyId
LIMIT $limit
