-- Who stopped, deleted or narrowed a trail?
--
-- What somebody does who does not want to be seen: a trail is stopped or deleted, logs to
-- another bucket, no longer logs all regions, global services, its organisation or
-- digests, or its event selectors leave management events out, or some of them. What
-- fails is told too, as less severe: nobody tries that by accident.
--
-- PutEventSelectors replaces all selectors of a trail: the first one of the older kind is
-- judged, and those of the newer kind together. Selectors that log all management events
-- are not told of, whatever they do with data events.
--
-- False positives: infrastructure code that changes or moves trails; trails of data
--   events beside one of management events.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: critical
-- ATT&CK: T1562.008
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html,
--   https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.name'), json_extract_scalar(requestParameters, '$.trailName')) AS trail,
           CASE
             WHEN eventName = 'StopLogging' THEN 'stop'
             WHEN eventName = 'DeleteTrail' THEN 'delete'
             WHEN eventName = 'UpdateTrail' THEN
               CASE WHEN json_extract_scalar(requestParameters, '$.s3BucketName') IS NOT NULL THEN 'redirect'
                    WHEN json_extract_scalar(requestParameters, '$.isMultiRegionTrail') = 'false'
                      OR json_extract_scalar(requestParameters, '$.includeGlobalServiceEvents') = 'false'
                      OR json_extract_scalar(requestParameters, '$.isOrganizationTrail') = 'false'
                      OR json_extract_scalar(requestParameters, '$.enableLogFileValidation') = 'false' THEN 'narrow' END
             WHEN json_extract_scalar(requestParameters, '$.eventSelectors[0].includeManagementEvents') = 'false'
               OR json_extract_scalar(requestParameters, '$.eventSelectors[0].readWriteType') <> 'All'
               OR json_extract_scalar(requestParameters, '$.eventSelectors[0].excludeManagementEventSources[0]') IS NOT NULL THEN 'narrow'
             -- A selector of management events that has no condition beside that.
             WHEN json_extract_scalar(requestParameters, '$.advancedEventSelectors[0].fieldSelectors[0].field') IS NOT NULL
              AND NOT regexp_like(requestParameters, '"fieldSelectors"\s*:\s*\[\s*\{[^{}]*"Management"[^{}]*\}\s*\]') THEN 'narrow'
           END AS deed
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'cloudtrail.amazonaws.%'
      AND eventName IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors')
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'medium'
            WHEN deed IN ('stop', 'delete') THEN 'critical'
            ELSE 'high' END AS severity,
       'T1562.008' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       trail AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NOT NULL THEN ' tried and failed to ' || deed
                 WHEN deed = 'stop' THEN ' stopped'
                 WHEN deed = 'delete' THEN ' deleted'
                 WHEN deed = 'redirect' THEN ' redirected'
                 ELSE ' narrowed' END
         || ' the trail ' || coalesce(trail, 'of that account') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE deed IS NOT NULL
ORDER BY time, eventID
