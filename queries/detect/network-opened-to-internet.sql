-- Who gave a private network a way to the internet?
--
-- An internet gateway that is attached, or a route for all addresses to one, puts what
-- was private in reach of the internet, and lets data out past proxies.
--
-- False positives: new networks, which are mostly made by infrastructure code.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: low
-- ATT&CK: T1578.005, T1048
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AttachInternetGateway.html,
--   https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.routeTableId'), json_extract_scalar(requestParameters, '$.vpcId')) AS object,
           coalesce(json_extract_scalar(requestParameters, '$.gatewayId'), json_extract_scalar(requestParameters, '$.internetGatewayId')) AS gateway,
           coalesce(json_extract_scalar(requestParameters, '$.destinationCidrBlock'), json_extract_scalar(requestParameters, '$.destinationIpv6CidrBlock')) AS destination
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%' AND eventName IN ('AttachInternetGateway', 'CreateRoute', 'ReplaceRoute')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'low' ELSE 'low' END AS severity,
       'T1578.005' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' opened' ELSE ' tried and failed to open' END
         || ' ' || coalesce(nullif(object, ''), 'a network') || ' to the internet through ' || coalesce(nullif(gateway, ''), 'a gateway') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE eventName = 'AttachInternetGateway' OR gateway LIKE 'igw-%' AND destination IN ('0.0.0.0/0', '::/0')
ORDER BY time, eventID
