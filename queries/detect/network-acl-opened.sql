-- Who opened a network ACL to everybody?
--
-- A network ACL is the fence around a subnet, behind which security groups may be lax.
-- Told is an entry that lets in every address, and the removal of one of its entries.
-- Entries for answers, which only name ports from 1024 up, are left out, and so are
-- entries for what goes out.
--
-- False positives: subnets that face the Internet by design; networks under
--   construction.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: low
-- ATT&CK: T1562.007
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           json_extract_scalar(requestParameters, '$.networkAclId') AS object
    FROM cloudtrail
    JOIN (VALUES
        ('CreateNetworkAclEntry', 'low', 'open', 'opened', 'to everybody the network ACL'),
        ('ReplaceNetworkAclEntry', 'low', 'open', 'opened', 'to everybody the network ACL'),
        ('DeleteNetworkAclEntry', 'info', 'delete', 'deleted', 'an entry of the network ACL')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%'
      AND (eventName = 'DeleteNetworkAclEntry'
           OR json_extract_scalar(requestParameters, '$.ruleAction') = 'allow'
          AND json_extract_scalar(requestParameters, '$.egress') = 'false'
          AND (json_extract_scalar(requestParameters, '$.cidrBlock') = '0.0.0.0/0' OR json_extract_scalar(requestParameters, '$.ipv6CidrBlock') = '::/0')
          AND coalesce(TRY_CAST(json_extract_scalar(requestParameters, '$.portRange.from') AS bigint), 0) < 1024)
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL OR severity IN ('info') THEN severity ELSE 'low' END AS severity,
       'T1562.007' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
