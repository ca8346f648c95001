-- Which instance's credentials were used outside AWS?
--
-- Credentials of an EC2 instance's role that come from an address that is not AWS's:
-- somebody read them from the instance (by a hole in a web server, commonly) and took
-- them away. It is told when the session had not come from there in the day before.
-- Private endpoints and addresses are left out.
--
-- False positives: instances whose way out is a company's own network, or a proxy;
--   addresses that a company brought to AWS.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 1d
-- Severity: high
-- ATT&CK: T1552.005, T1550.001
-- Needs: cloudtrail, ip-ranges
-- References: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html,
--   https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, userIdentity.arn AS session, userIdentity.sessionContext.sessionIssuer.userName AS role
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' DAY AND eventTime < $until
      AND userIdentity.type = 'AssumedRole' AND userIdentity.invokedBy IS NULL AND vpcEndpointId IS NULL
      AND (userIdentity.sessionContext.ec2RoleDelivery IS NOT NULL OR regexp_like(userIdentity.arn, ':assumed-role/[^/]+/i-[0-9a-f]{8,17}$'))
      AND regexp_like(sourceIPAddress, '^[0-9a-fA-F]*[.:][0-9a-fA-F.:]+$')
), seen AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, session, role,
           lag(eventTime) OVER (PARTITION BY session, sourceIPAddress, CASE WHEN errorCode IS NULL THEN 1 ELSE 0 END ORDER BY eventTime, eventID) AS before
    FROM calls
), firsts AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, session, role
    FROM seen
    WHERE (before IS NULL OR before < eventTime - INTERVAL '1' DAY)
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'high' ELSE 'medium' END AS severity,
       'T1552.005' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       split_part(session, '/', 3) AS object,
       'Credentials of the instance ' || coalesce(nullif(split_part(session, '/', 3), ''), 'of no name') || coalesce(' with the role ' || role, '')
         || ' were used from '
         || sourceIPAddress || ', which is not AWS''s' || coalesce('; the call failed: ' || errorCode, '') || '.' AS why,
       eventID
FROM firsts
WHERE aws_service(sourceIPAddress) IS NULL AND NOT is_private(sourceIPAddress)
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
