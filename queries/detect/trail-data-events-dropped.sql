-- Which trail was told to log no data events?
--
-- Reads and writes of objects, table items and functions are data events, which a trail
-- logs where its selectors ask for them. Selectors replace those before: told are sets
-- without any data event, after which theft of data is not seen. Sets that also leave
-- out management events are in trail-tampering.
--
-- False positives: trails that never logged data events; a change of their costs.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: low
-- ATT&CK: T1562.008
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID,
           severity, done,
           json_extract_scalar(requestParameters, '$.trailName') AS object
    FROM cloudtrail
    JOIN (VALUES
        ('PutEventSelectors', 'low', 'chose selectors without data events for the trail')
    ) AS deeds(name, severity, done) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'cloudtrail.amazonaws.%'
      AND strpos(lower(requestParameters), 'eventselectors') > 0
      AND NOT regexp_like(requestParameters, '"dataResources"\s*:\s*\[\s*\{|"Data"|"includeManagementEvents"\s*:\s*false')
      AND errorCode IS NULL
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       severity AS severity,
       'T1562.008' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || ' ' || done || coalesce(' ' || nullif(object, ''), '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
