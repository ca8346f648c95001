-- Who made, changed or deleted a resource?
--
-- The calls that change something and name the resource, in the order of time: an
-- instance, a bucket, a key, a function, anything that has a name. It is looked for as
-- by resource.
--
-- Parameters:
--   $resource  text                      an ARN, an ID or a name, or a part of it
--   $since     timestamp = '1970-01-01'  from this time on
--   $until     timestamp = '9999-12-31'  before this time
--   $limit     integer   = 1000          so many rows at most
-- Needs: cloudtrail
SELECT eventTime, actor(userIdentity) AS actor, recipientAccountId AS account, awsRegion, sourceIPAddress,
       eventSource, eventName, errorCode, eventID, requestParameters
FROM cloudtrail
WHERE (strpos(requestParameters, $resource) > 0 OR strpos(responseElements, $resource) > 0
       OR strpos(json_format(CAST(resources AS json)), $resource) > 0 OR strpos(serviceEventDetails, $resource) > 0)
  AND NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)'))
  AND eventTime >= $since AND eventTime < $until
ORDER BY eventTime, eventID
LIMIT $limit
