-- Who made a VPN or a leased line into the network?
--
-- A VPN connection, a client VPN endpoint, a gateway of somebody else's, Verified Access
-- or a Direct Connect interface is a way into private networks that stays. They are made
-- rarely and by few.
--
-- False positives: networks that are built or moved, by the team that runs them.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1133
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateClientVpnEndpoint.html,
--   https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpnConnection.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           eventSource,
           coalesce(regexp_extract(requestParameters, '"ClientCidrBlock"\s*:\s*"([^"]*)"', 1), json_extract_scalar(requestParameters, '$.ipAddress'), regexp_extract(requestParameters, '"ClientVpnEndpointId"\s*:\s*"([^"]*)"', 1), json_extract_scalar(requestParameters, '$.customerGatewayId'), regexp_extract(requestParameters, '"SubnetId"\s*:\s*"([^"]*)"', 1), json_extract_scalar(requestParameters, '$.connectionId'), json_extract_scalar(requestParameters, '$.virtualInterfaceId')) AS object
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventSource LIKE 'ec2.amazonaws.%' AND eventName IN ('CreateVpnConnection', 'CreateClientVpnEndpoint', 'CreateCustomerGateway', 'AuthorizeClientVpnIngress', 'CreateVerifiedAccessEndpoint', 'CreateInstanceConnectEndpoint')
        OR eventSource LIKE 'directconnect.amazonaws.%' AND eventName IN ('CreatePrivateVirtualInterface', 'CreateTransitVirtualInterface', 'ConfirmPrivateVirtualInterface', 'ConfirmTransitVirtualInterface', 'AcceptDirectConnectGatewayAssociationProposal'))
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND eventName <> 'CreateInstanceConnectEndpoint' THEN 'medium' ELSE 'low' END AS severity,
       'T1133' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called' ELSE ' tried and failed to call' END
         || ' ' || split_part(eventSource, '.', 1) || ':' || eventName || coalesce(' for ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
