-- Who made, changed or deleted a user, a role or a group?
--
-- Every change in IAM whose request names it, in the order of time: its making, its
-- policies, its keys and passwords, who was put into it. What it did itself is told by
-- timeline.
--
-- Parameters:
--   $name   text                      the name, or the ARN
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 1000          so many rows at most
-- Needs: cloudtrail
SELECT eventTime, actor(userIdentity) AS actor, recipientAccountId AS account, sourceIPAddress, eventName, errorCode,
       coalesce(json_extract_scalar(requestParameters, '$.policyArn'), json_extract_scalar(requestParameters, '$.policyName'),
                json_extract_scalar(responseElements, '$.accessKey.accessKeyId'), json_extract_scalar(requestParameters, '$.accessKeyId'),
                json_extract_scalar(requestParameters, '$.groupName')) AS with_what,
       eventID, requestParameters
FROM cloudtrail
WHERE eventSource LIKE 'iam.amazonaws.%'
  AND (strpos(requestParameters, '"' || CAST($name AS varchar) || '"') > 0 OR strpos(requestParameters, '/' || CAST($name AS varchar) || '"') > 0)
  AND NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)'))
  AND eventTime >= $since AND eventTime < $until
ORDER BY eventTime, eventID
LIMIT $limit
