-- Who joined a network to one of another account?
--
-- Peering of VPCs or transit gateways, attachments that are accepted, and services
-- offered to another account or to everybody join networks that were apart: a way in and
-- a way out that no gateway shows.
--
-- False positives: networks of an organisation and of partners; look at the account
--   that why names.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1199, T1021
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcPeeringConnection.html,
--   https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpointServicePermissions.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.vpcId'), json_extract_scalar(requestParameters, '$.vpcPeeringConnectionId'), regexp_extract(requestParameters, '"TransitGatewayId"\s*:\s*"([^"]*)"', 1), regexp_extract(requestParameters, '"TransitGatewayAttachmentId"\s*:\s*"([^"]*)"', 1), regexp_extract(requestParameters, '"ServiceId"\s*:\s*"([^"]*)"', 1)) AS object,
           -- The accounts are in the request of who asks and in the response of who accepts.
           coalesce(regexp_extract(replace(requestParameters, recipientAccountId, 'own'), '"([pP]eerOwnerId|PeerAccountId)"\s*:\s*"([0-9]{12})"', 2),
           CASE WHEN eventName LIKE 'Modify%' AND regexp_like(requestParameters, '"AddAllowedPrincipals"[^\[\]]*"\*"') THEN '*'
           WHEN eventName LIKE 'Modify%' THEN regexp_extract(replace(requestParameters, recipientAccountId, 'own'), 'arn:[^":]*:iam::([0-9]{12}):', 1) END,
           CASE WHEN eventName LIKE 'Accept%' THEN regexp_extract(replace(responseElements, recipientAccountId, 'own'), '"([a-zA-Z]*[oO]wnerId|accountId)"\s*:\s*"([0-9]{12})"', 2) END) AS other
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%'
      AND eventName IN ('CreateVpcPeeringConnection', 'AcceptVpcPeeringConnection', 'CreateTransitGatewayPeeringAttachment', 'AcceptTransitGatewayPeeringAttachment', 'AcceptTransitGatewayVpcAttachment', 'ModifyVpcEndpointServicePermissions')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1199' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' joined' ELSE ' tried and failed to join' END
         || ' ' || coalesce(nullif(object, ''), 'a network') || ' to ' || CASE WHEN other = '*' THEN 'everybody' ELSE 'account ' || coalesce(other, 'unknown') END || ' by ' || eventName || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE other IS NOT NULL
ORDER BY time, eventID
