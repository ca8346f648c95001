-- Who deletes CloudFormation stacks in number?
--
-- An actor deleted $stacks stacks within an hour, and none in the days before: with
-- each goes all that it made, and no deletion of that has the actor's own name on it.
--
-- False positives: environments that are taken down by hand.
-- Parameters:
--   $stacks  integer   = 5             at least so many within an hour
--   $since   timestamp = '1970-01-01'  from this time on
--   $until   timestamp = '9999-12-31'  before this time
-- Scope: window 8d
-- Severity: medium
-- ATT&CK: T1485
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-delete-stack.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.stackName'),
                    json_extract_scalar(requestParameters, '$.stackSetName')) AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '8' DAY AND eventTime < $until
      AND eventSource LIKE 'cloudformation.amazonaws.%'
      AND eventName IN ('DeleteStack', 'DeleteStackInstances', 'DeleteStackSet')
      AND errorCode IS NULL
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
), counted AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID, object,
           count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime
                          RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS n,
           count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime
                          RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW) AS n_day,
           count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime
                          RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND CURRENT ROW) AS n_week
    FROM calls
), crossed AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID, object, n, n_day, n_week,
           lag(n) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS n_before
    FROM counted
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1485' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || ' deleted ' || CAST(n AS varchar) || ' stacks'
         || ' within an hour, and none in the days before' || coalesce(' (the last: ' || object || ')', '') || '.' AS why,
       eventID
FROM crossed
WHERE n >= $stacks AND coalesce(n_before, 0) < $stacks
  AND n_week = n_day -- none in the days before
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
