-- Who was refused by the policy of a VPC endpoint?
--
-- The policy of an endpoint refuses what must not leave a network, such as a call with
-- somebody else's credentials or to somebody else's bucket: it is what stolen data runs
-- into. Told is the first refusal of an actor by a service within 7 days, through
-- whichever endpoint.
--
-- Network activity events are logged only where a trail asks for them.
--
-- False positives: new applications in the network; a policy that was just made
--   stricter.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 7d
-- Severity: medium
-- ATT&CK: T1537, T1567
-- Needs: cloudtrail, network
-- References: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-network-events-with-cloudtrail.html
WITH refused AS (
    SELECT eventTime, actor(userIdentity) AS actor, userIdentity.accountId AS caller, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, eventID,
           vpcEndpointId,
           lag(eventTime) OVER (PARTITION BY actor(userIdentity), recipientAccountId, eventSource ORDER BY eventTime, eventID) AS before
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '7' DAY AND eventTime < $until
      AND (eventCategory = 'NetworkActivity' OR eventType = 'AwsVpceEvent')
      AND errorCode = 'VpceAccessDenied'
)
SELECT eventTime AS time,
       CASE WHEN caller <> recipientAccountId THEN 'medium' ELSE 'low' END AS severity,
       'T1537' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(vpcEndpointId, 'an endpoint') AS object,
       coalesce(actor, 'Somebody') || coalesce(' of account ' || caller, '') || ' was refused ' || coalesce(split_part(eventSource, '.', 1) || ':', '')
         || coalesce(eventName, 'a call') || ' by the policy of ' || coalesce(vpcEndpointId, 'an endpoint') || '.' AS why,
       eventID
FROM refused
WHERE (before IS NULL OR before < eventTime - INTERVAL '7' DAY)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
