-- Who opened, closed or made a security group?
--
-- Every change of the group itself, with the rules that were added or taken away as the
-- request has them.
--
-- Parameters:
--   $group  text                      the ID, sg-…
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 1000          so many rows at most
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
SELECT eventTime, actor(userIdentity) AS actor, recipientAccountId AS account, awsRegion, sourceIPAddress, eventName, errorCode,
       coalesce(json_format(json_extract(requestParameters, '$.ipPermissions')),
                json_format(json_extract(requestParameters, '$.ModifySecurityGroupRulesRequest'))) AS rules,
       eventID, requestParameters
FROM cloudtrail
WHERE eventSource LIKE 'ec2.amazonaws.%' AND eventName LIKE '%SecurityGroup%'
  AND (strpos(requestParameters, '"' || CAST($group AS varchar) || '"') > 0 OR strpos(responseElements, '"' || CAST($group AS varchar) || '"') > 0)
  AND NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)'))
  AND eventTime >= $since AND eventTime < $until
ORDER BY eventTime, eventID
LIMIT $limit
