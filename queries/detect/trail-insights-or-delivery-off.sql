-- Who cut what a trail sends, beside its log files?
--
-- A trail also feeds a log group for alarms, a topic that says when files arrive, and
-- Insights, which tell of unusual numbers of calls. Told is where a trail loses one of
-- them, or the key that encrypts its files, and where its administrator in the
-- organisation is removed.
--
-- A trail that is stopped, deleted or narrowed is in trail-tampering; where its log
-- group, bucket or key is harmed is in trail-destination-removed, trail-bucket-weakened
-- and trail-key-disabled.
--
-- False positives: infrastructure code that changes trails.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1562.008, T1562.006
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html,
--   https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutInsightSelectors.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.name'),
                    json_extract_scalar(requestParameters, '$.trailName'),
                    json_extract_scalar(requestParameters, '$.eventDataStore'),
                    json_extract_scalar(requestParameters, '$.delegatedAdminAccountId'),
                    json_extract_scalar(requestParameters, '$.dashboardId')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('UpdateTrail', 'medium', 'cut', 'cut', 'a way by which others hear of the trail'),
        ('PutInsightSelectors', 'medium', 'end', 'ended', 'the insights of the trail'),
        ('DeregisterOrganizationDelegatedAdmin', 'high', 'remove', 'removed', 'the administrator of CloudTrail, account'),
        ('DeleteDashboard', 'info', 'delete', 'deleted', 'the dashboard')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'cloudtrail.amazonaws.%'
      AND (eventName <> 'UpdateTrail' OR regexp_like(requestParameters, '"(cloudWatchLogsLogGroupArn|snsTopicName|kmsKeyId)"\s*:\s*""'))
      AND (eventName <> 'PutInsightSelectors' OR regexp_like(requestParameters, '"insightSelectors"\s*:\s*\[\s*\]'))
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL OR severity IN ('info') THEN severity ELSE 'low' END AS severity,
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
