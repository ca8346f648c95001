-- Who launched EC2 instances, of what type and where?
--
-- Each RunInstances, also those that failed: what was asked for, and how many came of
-- it. A service that launches for somebody, such as Auto Scaling, is the actor.
--
-- Parameters:
--   $actor  text      = '%'           the actor, a name alone, or a pattern with %
--   $type   text      = '%'           instance types like this, such as p5.%
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 500           so many rows at most
-- Needs: cloudtrail
SELECT eventTime, actor(userIdentity) AS actor, userIdentity.invokedBy AS invokedBy, recipientAccountId AS account, awsRegion, sourceIPAddress,
       coalesce(json_extract_scalar(requestParameters, '$.instanceType'),
                json_extract_scalar(responseElements, '$.instancesSet.items[0].instanceType')) AS instanceType,
       coalesce(json_array_length(json_extract(responseElements, '$.instancesSet.items')), 0) AS launched,
       json_extract_scalar(requestParameters, '$.instancesSet.items[0].maxCount') AS asked_for,
       json_extract_scalar(responseElements, '$.instancesSet.items[0].instanceId') AS an_instance,
       json_extract_scalar(requestParameters, '$.instancesSet.items[0].imageId') AS image,
       errorCode, eventID
FROM cloudtrail
WHERE eventSource LIKE 'ec2.amazonaws.%' AND eventName = 'RunInstances'
  AND (actor(userIdentity) LIKE $actor OR actor(userIdentity) LIKE '%/' || CAST($actor AS varchar))
  AND coalesce(json_extract_scalar(requestParameters, '$.instanceType'),
               json_extract_scalar(responseElements, '$.instancesSet.items[0].instanceType'), '') LIKE $type
  AND eventTime >= $since AND eventTime < $until
ORDER BY eventTime, eventID
LIMIT $limit
