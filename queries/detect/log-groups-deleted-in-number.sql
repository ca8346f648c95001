-- Who deleted many log groups or streams within an hour?
--
-- One actor deleted $deletions log groups or log streams within an hour: traces are
-- wiped, or a whole environment is. Told once when the number is reached.
--
-- False positives: environments that are taken down by hand or by a script.
-- Parameters:
--   $deletions  integer   = 15            at least so many log groups or streams
--   $since      timestamp = '1970-01-01'  from this time on
--   $until      timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: high
-- ATT&CK: T1070, T1562.008
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.logGroupName'),
                    json_extract_scalar(requestParameters, '$.logGroupIdentifier')) AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND eventSource LIKE 'logs.amazonaws.%'
      AND eventName IN ('DeleteLogGroup', 'DeleteLogStream')
      AND errorCode IS NULL
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
), counted AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID, object,
           count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime
                          RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS n
    FROM calls
), crossed AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID, object, n,
           lag(n) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS n_before
    FROM counted
)
SELECT eventTime AS time,
       'high' AS severity,
       'T1070' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || ' deleted ' || CAST(n AS varchar) || ' log groups or streams within an hour, the last '
         || coalesce('of ' || object, 'of no name') || '.' AS why,
       eventID
FROM crossed
WHERE n >= $deletions AND coalesce(n_before, 0) < $deletions
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
