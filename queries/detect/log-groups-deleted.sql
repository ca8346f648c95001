-- Who deleted log groups or log streams?
--
-- What CloudWatch Logs holds of functions, containers, flow logs, audit logs and trails
-- is gone with its group or stream. Mostly it is tidying up, so that it is low; it is
-- medium for groups whose names speak of trails, flow logs, audit, DNS or the control
-- plane.
--
-- Many in a short time are told of by log-groups-deleted-in-number.
--
-- False positives: services that are taken down, whose groups go with them.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1562.008, T1070
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.logGroupName'),
                    json_extract_scalar(requestParameters, '$.logGroupIdentifier')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('DeleteLogGroup', 'delete', 'deleted', 'the log group'),
        ('DeleteLogStream', 'delete', 'deleted', 'a stream of the log group')
    ) AS deeds(name, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'logs.amazonaws.%'
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND regexp_like(lower(object), 'trail|flow-?_?log|vpc|audit|security|guardduty|dns|route53|waf|/aws/eks/.*/cluster|siem|network-?firewall')
            THEN 'medium' ELSE 'low' END AS severity,
       'T1562.008' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
