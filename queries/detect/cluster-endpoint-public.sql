-- Who opened a cluster's endpoint to the internet?
--
-- The endpoint of a Kubernetes cluster that is open to all addresses leaves nothing but
-- its sign-in before whoever comes. Told of where it was opened by a change: with no list
-- of addresses, or one that holds all.
--
-- False positives: clusters that are managed from anywhere; a list of addresses is
--   better.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1133, T1578.005
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.name'), json_extract_scalar(requestParameters, '$.clusterName')) AS object,
           json_extract_scalar(requestParameters, '$.resourcesVpcConfig.endpointPublicAccess') AS public,
           json_format(json_extract(requestParameters, '$.resourcesVpcConfig.publicAccessCidrs')) AS addresses
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'eks.amazonaws.%' AND eventName = 'UpdateClusterConfig'
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1133' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' opened' ELSE ' tried and failed to open' END
         || ' the endpoint of the cluster ' || coalesce(object, 'of no name') || ' to all addresses' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE public = 'true' AND (addresses IS NULL OR addresses IN ('null', '[]') OR strpos(addresses, '0.0.0.0/0') > 0)
  OR strpos(addresses, '0.0.0.0/0') > 0 AND coalesce(public, 'true') = 'true'
ORDER BY time, eventID
