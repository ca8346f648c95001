-- Who tried which users and roles another account has?
--
-- A policy that names a principal that is not there is refused, one that is there is
-- taken: so one finds out the users and roles of accounts in which one has no rights.
-- Told are $tries or more such refusals of an actor within an hour, of whatever policy.
--
-- False positives: infrastructure code that tries again and again with a principal that
--   was deleted.
-- Parameters:
--   $tries  integer   = 5             at least so many
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: medium
-- ATT&CK: T1087.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_policies.html
WITH refused AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, regexp_extract(errorMessage, 'arn:[^"'' ,]+') AS principal,
           coalesce(json_extract_scalar(requestParameters, '$.roleName'), json_extract_scalar(requestParameters, '$.bucketName'), json_extract_scalar(requestParameters, '$.keyId'), json_extract_scalar(requestParameters, '$.functionName')) AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND errorCode IS NOT NULL AND regexp_like(errorMessage, '(?i)invalid principal')
      AND userIdentity.invokedBy IS NULL
), counted AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, principal, object,
           count(*) OVER (PARTITION BY actor ORDER BY eventTime RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS tries
    FROM refused
    WHERE actor IS NOT NULL
), bursts AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, principal, object, tries, lag(tries) OVER (PARTITION BY actor ORDER BY eventTime, eventID) AS before
    FROM counted
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1087.004' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(principal, object) AS object,
       actor || ' named ' || CAST(tries AS varchar) || ' principals within an hour that are not there' || coalesce(', the last ' || principal, '')
         || '.' AS why,
       eventID
FROM bursts
WHERE tries >= $tries AND coalesce(before, 0) < $tries
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
