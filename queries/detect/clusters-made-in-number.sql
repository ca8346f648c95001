-- Who made many clusters or task definitions within an hour?
--
-- Thieves of computing time fill an account with clusters and services of containers in
-- all regions, which start machines anew when those are terminated. It is told at
-- $clusters clusters and task definitions with new names within an hour; what failed
-- counts.
--
-- False positives: tests that make clusters, and pipelines that deploy many services at
--   once.
-- Parameters:
--   $clusters  integer   = 8             that many clusters or groups within an hour
--   $since     timestamp = '1970-01-01'  from this time on
--   $until     timestamp = '9999-12-31'  before this time
-- Scope: window 2h
-- Severity: medium
-- ATT&CK: T1496.001, T1610
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           awsRegion || ' ' || coalesce(json_extract_scalar(requestParameters, '$.clusterName'), json_extract_scalar(requestParameters, '$.name'), json_extract_scalar(requestParameters, '$.computeEnvironmentName'), json_extract_scalar(requestParameters, '$.autoScalingGroupName'), 'default') AS thing
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '2' HOUR AND eventTime < $until
      AND (eventSource LIKE 'ecs.amazonaws.%' AND eventName = 'CreateCluster' OR eventSource LIKE 'eks.amazonaws.%' AND eventName = 'CreateCluster'
        OR eventSource LIKE 'batch.amazonaws.%' AND eventName = 'CreateComputeEnvironment' OR eventSource LIKE 'autoscaling.amazonaws.%' AND eventName = 'CreateAutoScalingGroup')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), seen AS (
    SELECT *, lag(eventTime) OVER (PARTITION BY actor, recipientAccountId, thing ORDER BY eventTime, eventID) AS before
    FROM calls
    WHERE thing IS NOT NULL AND actor IS NOT NULL
), counted AS (
    SELECT *, count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS things
    FROM seen
    WHERE before IS NULL OR before < eventTime - INTERVAL '1' HOUR
), bursts AS (
    SELECT *, lag(things) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS things_before
    FROM counted
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1496.001' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       thing AS object,
       coalesce(actor, 'Somebody') || ' made ' || CAST(things AS varchar) || ' clusters or groups within an hour, the last ' || thing || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM bursts
WHERE things >= $clusters AND coalesce(things_before, 0) < $clusters
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
