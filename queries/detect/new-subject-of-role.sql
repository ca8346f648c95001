-- Whose token of an identity provider took a role for the first time?
--
-- Roles that builds at GitHub and the like take with a token of theirs, and the
-- repository or service account that it is of, which had not taken that role in the 30
-- days before: a trust that is too wide shows here. Branches and tags of a repository
-- are one. The account has to be known for $days days; Cognito's and other apps' users
-- are left out.
--
-- False positives: new repositories and new services.
-- Parameters:
--   $days   integer   = 7             where the logs go back so many days
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1199, T1078.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.roleArn') AS role,
           coalesce(regexp_extract(userIdentity.userName, '^(repo:[^:]+|project_path:[^:]+)', 1), userIdentity.userName) AS subject
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND eventSource LIKE 'sts.amazonaws.%' AND eventName = 'AssumeRoleWithWebIdentity'
      AND userIdentity.identityProvider LIKE 'arn:%:oidc-provider/%'
), seen AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, role, subject,
           lag(eventTime) OVER (PARTITION BY role, subject, CASE WHEN errorCode IS NULL THEN 1 ELSE 0 END ORDER BY eventTime, eventID) AS before
    FROM calls
), known AS (
    SELECT recipientAccountId AS logged, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), told AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, role, subject
    FROM seen
    JOIN known ON logged = recipientAccountId
    WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
      AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint)
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND subject NOT LIKE 'system:serviceaccount:%' THEN 'medium' ELSE 'low' END AS severity,
       'T1199' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       role AS object,
       coalesce(subject, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' took' ELSE ' tried and failed to take' END || ' the role '
         || coalesce(role, 'of no name') || ' for the first time in 30 days'
         || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM told
WHERE eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
