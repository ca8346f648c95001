-- Which call was too large for its content to be logged?
--
-- CloudTrail leaves out requests that are too large and says that they were omitted. A
-- policy padded with blanks is still a policy, but the log does not show what it
-- allows. Policies of IAM and of roles are high, other policies and code medium, and
-- all else is info.
--
-- What failed is info.
--
-- False positives: parameters, templates and rules that are large by nature.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1562.008
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'info'
            WHEN eventSource LIKE 'iam.amazonaws.%' AND eventName LIKE '%Policy%' THEN 'high'
            WHEN eventName LIKE '%Policy%' OR eventName LIKE '%Permission%' OR eventName LIKE '%UserData%' OR eventName = 'CreateGrant' THEN 'medium'
            ELSE 'info' END AS severity,
       'T1562.008' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       split_part(eventSource, '.', 1) || ':' || eventName AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called ' ELSE ' failed to call ' END
         || coalesce(split_part(eventSource, '.', 1) || ':', '') || coalesce(eventName, 'something')
         || ' with parameters too large to be logged'
         || coalesce(', of ' || json_extract_scalar(requestParameters, '$.originalSize') || ' bytes', '')
         || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM cloudtrail
WHERE eventTime >= $since AND eventTime < $until
  AND strpos(requestParameters, '"omitted"') > 0
  AND regexp_like(requestParameters, '"omitted"\s*:\s*true')
  AND NOT coalesce(readOnly, FALSE)
  -- Not what a service does; of the console's calls invokedBy once was signin.….
  AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
  AND coalesce(userIdentity.type, '') <> 'AWSService'
  AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
ORDER BY time, eventID
