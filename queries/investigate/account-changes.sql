-- What was changed in an account?
--
-- Calls that change something and succeeded, data events apart: a line for each service,
-- call and actor, with the resource or the parameters of the last. Narrow it with $since
-- and $until. Records of old versions do not say whether a call changes something, and
-- are judged by its name. That sessions were given is no change.
--
-- Parameters:
--   $account  text      = '%'           the number of the account
--   $since    timestamp = '1970-01-01'  from this time on
--   $until    timestamp = '9999-12-31'  before this time
--   $limit    integer   = 1000          so many rows at most
-- Needs: cloudtrail
SELECT recipientAccountId AS account, eventSource, eventName, actor(userIdentity) AS actor, awsRegion,
       count(*) AS changes, min(eventTime) AS first_time, max(eventTime) AS last_time,
       max_by(coalesce(element_at(resources, 1).ARN, requestParameters), eventTime) AS last_object
FROM cloudtrail
WHERE coalesce(recipientAccountId, '') LIKE $account
  AND eventTime >= $since AND eventTime < $until
  AND NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)'))
  AND errorCode IS NULL AND coalesce(eventCategory, 'Management') = 'Management'
  AND eventSource NOT LIKE 'signin.amazonaws.%'
GROUP BY recipientAccountId, eventSource, eventName, actor(userIdentity), awsRegion
ORDER BY account, eventSource, eventName, changes DESC, actor, awsRegion
LIMIT $limit
