-- Who stopped or deleted an event data store of CloudTrail Lake?
--
-- An event data store keeps events for years, often those of a whole organisation, and
-- cannot be changed from a member account. Told are: deleted, no longer fed, its
-- protection taken away, fewer kinds of event or days kept, and channels of other
-- sources deleted.
--
-- A store that is deleted waits for seven days, in which it can be had back. What
-- failed is told as less severe.
--
-- False positives: stores that were on trial; costs that are cut.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: critical
-- ATT&CK: T1562.008, T1485
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-event-data-store-delete.html,
--   https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StopEventDataStoreIngestion.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.eventDataStore'),
                    json_extract_scalar(requestParameters, '$.name'),
                    json_extract_scalar(requestParameters, '$.channel'),
                    json_extract_scalar(requestParameters, '$.resourceArn')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('DeleteEventDataStore', 'critical', 'delete', 'deleted', 'the event data store'),
        ('StopEventDataStoreIngestion', 'high', 'stop', 'stopped', 'what feeds the event data store'),
        ('UpdateEventDataStore', 'medium', 'change', 'changed', 'what protects, feeds or keeps the event data store'),
        ('DeleteChannel', 'medium', 'delete', 'deleted', 'the channel'),
        ('DeleteResourcePolicy', 'low', 'delete', 'deleted', 'the policy of'),
        ('DisableFederation', 'low', 'end', 'ended', 'the federation of the event data store')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'cloudtrail.amazonaws.%'
      AND (eventName <> 'UpdateEventDataStore' OR regexp_like(requestParameters, '"(terminationProtectionEnabled|multiRegionEnabled|organizationEnabled)"\s*:\s*false|"advancedEventSelectors"\s*:|"retentionPeriod"\s*:\s*"?([0-9]|[0-9][0-9]|[12][0-9][0-9]|3[0-5][0-9]|36[0-4])[^0-9]'))
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL OR severity IN ('low') THEN severity ELSE 'medium' END AS severity,
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
