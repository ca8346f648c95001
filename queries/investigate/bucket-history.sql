-- Who made a bucket, and who changed its settings?
--
-- Changes of the bucket itself in the order of time: policy, access, encryption,
-- versions, lifecycle, deletion. Objects are no part of it.
--
-- Parameters:
--   $bucket  text                      the name, or a pattern with %
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
--   $limit   integer   = 1000          so many rows at most
-- Needs: cloudtrail
SELECT eventTime, json_extract_scalar(requestParameters, '$.bucketName') AS bucket, actor(userIdentity) AS actor,
       recipientAccountId AS account, sourceIPAddress, eventName, errorCode,
       json_format(json_extract(requestParameters, '$.bucketPolicy')) AS policy, eventID, requestParameters
FROM cloudtrail
WHERE eventSource LIKE 's3.amazonaws.%'
  AND json_extract_scalar(requestParameters, '$.bucketName') LIKE $bucket
  AND coalesce(eventCategory, 'Management') = 'Management'
  AND NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)'))
  AND eventTime >= $since AND eventTime < $until
ORDER BY eventTime, eventID
LIMIT $limit
