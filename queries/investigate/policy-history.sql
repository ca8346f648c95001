-- Who wrote, attached or detached a policy?
--
-- Every change in IAM and Organizations whose request or answer names the policy, with
-- the text that it was given. Policies of resources, such as a bucket's, are told by
-- resource-changes.
--
-- Parameters:
--   $policy  text                      the name, or the ARN
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
--   $limit   integer   = 1000          so many rows at most
-- Needs: cloudtrail
SELECT eventTime, actor(userIdentity) AS actor, recipientAccountId AS account, sourceIPAddress, eventName, errorCode,
       coalesce(json_extract_scalar(requestParameters, '$.userName'), json_extract_scalar(requestParameters, '$.roleName'),
                json_extract_scalar(requestParameters, '$.groupName'), json_extract_scalar(requestParameters, '$.targetId')) AS attached_to,
       coalesce(json_extract_scalar(requestParameters, '$.policyDocument'), json_extract_scalar(requestParameters, '$.content')) AS document,
       eventID
FROM cloudtrail
WHERE (eventSource LIKE 'iam.amazonaws.%' OR eventSource LIKE 'organizations.amazonaws.%')
  AND eventName LIKE '%Policy%'
  AND ((strpos(requestParameters, '"' || CAST($policy AS varchar) || '"') > 0 OR strpos(requestParameters, '/' || CAST($policy AS varchar) || '"') > 0) OR (strpos(responseElements, '"' || CAST($policy AS varchar) || '"') > 0 OR strpos(responseElements, '/' || CAST($policy AS varchar) || '"') > 0))
  AND NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)'))
  AND eventTime >= $since AND eventTime < $until
ORDER BY eventTime, eventID
LIMIT $limit
