-- Who read many different protected parameters within minutes?
--
-- Parameters of Systems Manager hold passwords in many places. It is told when an actor
-- read $parameters different ones, decrypted, within ten minutes; also of one call
-- GetParametersByPath for all of them, by the path /.
--
-- False positives: deployments that load all that an application has; those read the
--   same paths each time.
-- Parameters:
--   $parameters  integer   = 25            that many parameters within ten minutes
--   $since       timestamp = '1970-01-01'  from this time on
--   $until       timestamp = '9999-12-31'  before this time
-- Scope: window 1h
-- Severity: medium
-- ATT&CK: T1555.006, T1552
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           CASE WHEN eventName = 'GetParameters' THEN json_extract_scalar(requestParameters, '$.names[' || CAST(place AS varchar) || ']') WHEN place = 0 THEN coalesce(json_extract_scalar(requestParameters, '$.name'), json_extract_scalar(requestParameters, '$.path')) END AS thing
    FROM cloudtrail CROSS JOIN UNNEST(sequence(0, 9)) AS t(place) -- a call names up to ten
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' HOUR AND eventTime < $until
      AND eventSource LIKE 'ssm.amazonaws.%' AND eventName IN ('GetParameter', 'GetParameters', 'GetParametersByPath')
      AND json_extract_scalar(requestParameters, '$.withDecryption') = 'true'
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
), counted AS (
    SELECT *, count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime RANGE BETWEEN INTERVAL '10' MINUTE PRECEDING AND CURRENT ROW) AS things
    FROM seen
    WHERE before IS NULL OR before < eventTime - INTERVAL '10' MINUTE
), bursts AS (
    SELECT *, lag(things) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID, thing) AS things_before
    FROM counted
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1555.006' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || ' asked for ' || CASE WHEN thing = '/' THEN 'all parameters' ELSE CAST(things AS varchar) || ' parameters within ten minutes, the last ' || thing END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM bursts
WHERE (things >= $parameters AND coalesce(things_before, 0) < $parameters OR thing = '/')
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
