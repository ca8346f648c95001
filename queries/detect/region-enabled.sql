-- Who enabled a region for an account?
--
-- Regions that have to be opted into are watched by few, so that machines for mining
-- can run there for long. Told is who enables one, or disables one with what is in it.
-- What failed is told as low.
--
-- False positives: work that begins in a new region.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1535
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           json_extract_scalar(requestParameters, '$.regionName') AS object
    FROM cloudtrail
    JOIN (VALUES
        ('EnableRegion', 'medium', 'enable', 'enabled', 'the region'),
        ('DisableRegion', 'medium', 'disable', 'disabled', 'the region')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'account.amazonaws.%'
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1535' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
