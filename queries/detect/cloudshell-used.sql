-- Who opened CloudShell, or moved files through it, for the first time?
--
-- CloudShell is a shell in AWS's own network with the credentials of whoever is signed in
-- to the console: no key is needed, and its address is AWS's. Files go in and out through
-- the browser. The first use of an actor in 30 days is low, files are medium where the
-- account's logs go back for $days days before.
--
-- False positives: people who like it.
-- Parameters:
--   $days   integer   = 7             that the account's logs go back, else low
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1059.009
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/cloudshell/latest/userguide/logging-and-monitoring.html
WITH accounts AS (
    SELECT recipientAccountId AS of, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           CASE WHEN eventName LIKE '%File%' THEN 'files' ELSE 'shell' END AS thing,
           coalesce(json_extract_scalar(requestParameters, '$.fileDownloadPath'), json_extract_scalar(requestParameters, '$.fileUploadPath'), eventName) AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'cloudshell.amazonaws.%'
      AND eventName IN ('CreateEnvironment', 'CreateSession', 'StartEnvironment', 'PutCredentials', 'GetFileDownloadUrls', 'GetFileUploadUrls', 'FileDownload', 'FileUpload')
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND thing = 'files' AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint) THEN 'medium' ELSE 'low' END AS severity,
       'T1059.009' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' used' ELSE ' tried and failed to use' END || ' CloudShell' || CASE WHEN thing = 'files' THEN ' to move files' ELSE '' END || ', the first time in 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM seen JOIN accounts ON of = recipientAccountId
WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
