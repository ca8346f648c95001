-- Which new access key is used from another network than it was made from?
--
-- An access key that is used within a day after it was made, from another network (the
-- first half of an IPv4 address) than that of who made it. A key that an intruder makes
-- goes to their own machine at once. Each network is told once a key.
--
-- False positives: keys for machines, made by an administrator at their desk.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 1d
-- Severity: medium
-- ATT&CK: T1098.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
WITH made AS (
    SELECT eventTime AS made, actor(userIdentity) AS maker, json_extract_scalar(responseElements, '$.accessKey.accessKeyId') AS key, coalesce(regexp_extract(sourceIPAddress, '^[0-9]+\.[0-9]+\.'), regexp_extract(sourceIPAddress, '^[0-9a-fA-F]+:[0-9a-fA-F]*:[0-9a-fA-F]*')) AS home
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' DAY AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName = 'CreateAccessKey' AND errorCode IS NULL
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, userIdentity.accessKeyId AS used, coalesce(regexp_extract(sourceIPAddress, '^[0-9]+\.[0-9]+\.'), regexp_extract(sourceIPAddress, '^[0-9a-fA-F]+:[0-9a-fA-F]*:[0-9a-fA-F]*')) AS network
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' DAY AND eventTime < $until
      AND userIdentity.accessKeyId LIKE 'AKIA%' AND userIdentity.invokedBy IS NULL AND vpcEndpointId IS NULL
), told AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, maker, key,
           row_number() OVER (PARTITION BY key, network ORDER BY eventTime, eventID) AS nth
    FROM calls
    JOIN made ON made.key = calls.used
    WHERE network <> home AND eventTime >= made AND eventTime <= made + INTERVAL '1' DAY
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1098.001' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       key AS object,
       'The access key ' || key || ' that ' || coalesce(maker, 'somebody') || ' made less than a day before was used from ' || sourceIPAddress
         || ', another network than its maker''s' || coalesce('; the call failed: ' || errorCode, '') || '.' AS why,
       eventID
FROM told
WHERE nth = 1
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
