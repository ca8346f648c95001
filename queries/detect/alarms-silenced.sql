-- Who deleted or muted CloudWatch alarms?
--
-- Alarms tell people that metrics, and metric filters over CloudTrail's log group,
-- crossed a line. Told are alarms deleted, alarms whose actions are disabled, and
-- alarms put in place of old ones without actions.
--
-- It is one step more severe where the alarm's name speaks of security: CloudTrail,
-- CIS, root, sign-in, policy and the like.
--
-- False positives: deployments and services that are taken down; alarms muted for
--   maintenance. AutoScaling's own are left out.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1562.001, T1562.006
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.alarmNames[0]'),
                    json_extract_scalar(requestParameters, '$.alarmName')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('DeleteAlarms', 'delete', 'deleted', 'the alarm'),
        ('DisableAlarmActions', 'mute', 'muted', 'the alarm'),
        ('PutMetricAlarm', 'mute', 'muted', 'the alarm'),
        ('PutCompositeAlarm', 'mute', 'muted', 'the alarm'),
        ('SetAlarmState', 'set', 'set', 'by hand the state of the alarm')
    ) AS deeds(name, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'monitoring.amazonaws.%'
      AND (eventName <> 'PutMetricAlarm' OR json_extract_scalar(requestParameters, '$.actionsEnabled') = 'false')
      AND (eventName <> 'PutCompositeAlarm' OR json_extract_scalar(requestParameters, '$.actionsEnabled') = 'false')
      AND (eventName <> 'SetAlarmState' OR json_extract_scalar(requestParameters, '$.stateValue') <> 'ALARM')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL
             AND regexp_like(lower(object), 'cis[-_ .0-9]|trail|root|sign-?in|login|unauthori[sz]ed|denied|security|guardduty|iam|policy|kms|nacl') THEN 'medium'
            ELSE 'low' END AS severity,
       'T1562.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
