-- Who sends many requests too large to be logged?
--
-- An actor sent $requests changing requests within an hour whose parameters CloudTrail
-- left out for their size: pads that hide what is done, by somebody who knows the
-- limits.
--
-- False positives: loads of large rules, templates or parameters by one job.
-- Parameters:
--   $requests  integer   = 10            at least so many requests
--   $since     timestamp = '1970-01-01'  from this time on
--   $until     timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: medium
-- ATT&CK: T1562.008
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID,
           split_part(eventSource, '.', 1) || ':' || eventName AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND strpos(requestParameters, '"omitted"') > 0
      AND regexp_like(requestParameters, '"omitted"\s*:\s*true')
      AND NOT coalesce(readOnly, FALSE)
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
       'medium' AS severity,
       'T1562.008' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || ' sent ' || CAST(n AS varchar) || ' requests too large to be logged within an hour, the last '
         || coalesce(object, 'of no name') || '.' AS why,
       eventID
FROM crossed
WHERE n >= $requests AND coalesce(n_before, 0) < $requests
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
