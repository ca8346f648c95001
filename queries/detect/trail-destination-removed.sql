-- Who removed the log group or topic that a trail feeds?
--
-- Alarms and a SIEM often read a trail from its log group, or are told of its files by
-- a topic. Told is who deletes the group, a stream or a subscription of it or shortens
-- what it keeps, or deletes the topic.
--
-- A group or topic is a trail's if its name says so, if CreateTrail or UpdateTrail
-- named it, or if a stream with CloudTrail's kind of name was made in the group within
-- 30 days before.
--
-- False positives: set-ups of trails.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 31d
-- Severity: high
-- ATT&CK: T1562.008
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/send-cloudtrail-events-to-cloudwatch-logs.html,
--   https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html
WITH trails AS (
    SELECT DISTINCT destination, day
    FROM (
        SELECT coalesce(json_extract_scalar(requestParameters, '$.logGroupName'),
                        split_part(json_extract_scalar(requestParameters, '$.cloudWatchLogsLogGroupArn'), ':', 7)) AS destination,
               date_trunc('day', eventTime) AS day
        FROM cloudtrail
        WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '31' DAY AND eventTime < $until
          AND (eventSource LIKE 'cloudtrail.amazonaws.%' AND eventName IN ('CreateTrail', 'UpdateTrail')
               OR eventSource LIKE 'logs.amazonaws.%' AND eventName = 'CreateLogStream'
                  AND strpos(json_extract_scalar(requestParameters, '$.logStreamName'), '_CloudTrail_') > 0)
        UNION ALL
        SELECT regexp_extract(json_extract_scalar(requestParameters, '$.snsTopicName'), '[^:]+$') AS destination,
               date_trunc('day', eventTime) AS day
        FROM cloudtrail
        WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '31' DAY AND eventTime < $until
          AND eventSource LIKE 'cloudtrail.amazonaws.%' AND eventName IN ('CreateTrail', 'UpdateTrail')
    ) AS named
), calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.logGroupName'),
                    regexp_extract(json_extract_scalar(requestParameters, '$.topicArn'), '[^:]+$')) AS destination
    FROM cloudtrail
    JOIN (VALUES
        ('DeleteLogGroup', 'high', 'delete', 'deleted', 'the log group'),
        ('DeleteLogStream', 'high', 'delete', 'deleted', 'a stream of the log group'),
        ('DeleteSubscriptionFilter', 'high', 'delete', 'deleted', 'the subscription of the log group'),
        ('DeleteMetricFilter', 'medium', 'delete', 'deleted', 'a metric filter of the log group'),
        ('PutRetentionPolicy', 'medium', 'shorten', 'shortened', 'what is kept in the log group'),
        ('DeleteTopic', 'high', 'delete', 'deleted', 'the topic')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventSource LIKE 'logs.amazonaws.%' OR eventSource LIKE 'sns.amazonaws.%')
      AND (eventName <> 'PutRetentionPolicy' OR TRY_CAST(json_extract_scalar(requestParameters, '$.retentionInDays') AS bigint) < 90)
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL OR severity = 'low' THEN severity ELSE 'medium' END AS severity,
       'T1562.008' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       destination AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || ' ' || destination || ', which a trail feeds' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE regexp_like(lower(destination), 'cloud-?trail')
   OR EXISTS (SELECT 1 FROM trails
              WHERE trails.destination = calls.destination AND day <= eventTime AND day >= eventTime - INTERVAL '30' DAY)
ORDER BY time, eventID
