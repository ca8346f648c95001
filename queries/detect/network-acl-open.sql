-- Who opened a network's access list to everybody?
--
-- A rule in a network ACL that lets all addresses and all protocols in lifts what guards
-- a whole subnet at once. Rules for one port, and rules for what goes out, are left out.
--
-- False positives: new networks: the list that comes with a VPC is open; infrastructure
--   code that writes that down.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: low
-- ATT&CK: T1562.007
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.networkAclId') AS object,
           coalesce(json_extract_scalar(requestParameters, '$.cidrBlock'), json_extract_scalar(requestParameters, '$.ipv6CidrBlock')) AS source,
           json_extract_scalar(requestParameters, '$.egress') AS egress,
           json_extract_scalar(requestParameters, '$.ruleAction') AS deed,
           coalesce(json_extract_scalar(requestParameters, '$.aclProtocol'), json_extract_scalar(requestParameters, '$.protocol')) AS protocol
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%' AND eventName IN ('CreateNetworkAclEntry', 'ReplaceNetworkAclEntry')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'low' ELSE 'low' END AS severity,
       'T1562.007' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' opened' ELSE ' tried and failed to open' END
         || ' the network ACL ' || coalesce(object, 'of no name') || ' to ' || coalesce(nullif(source, ''), 'everybody') || ' for all protocols' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE source IN ('0.0.0.0/0', '::/0') AND coalesce(egress, 'false') <> 'true' AND deed = 'allow' AND protocol IN ('-1', 'all')
ORDER BY time, eventID
