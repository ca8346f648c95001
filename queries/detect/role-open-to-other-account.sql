-- Who let another account take a role?
--
-- A trust policy that names an account other than the role's own, and none of $own. A
-- change of a role that is there, without a condition, is high: it is a way in that
-- stays when keys are changed. A new role, or one with a condition (an external ID), is
-- medium, what failed is low.
--
-- False positives: new partners and one's own accounts: name those in $own.
-- Parameters:
--   $own    text      = ''            accounts that are trusted, with commas between
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1098.003, T1199
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.roleName') AS role,
           coalesce(json_extract_scalar(requestParameters, '$.policyDocument'), json_extract_scalar(requestParameters, '$.assumeRolePolicyDocument')) AS policy
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName IN ('UpdateAssumeRolePolicy', 'CreateRole')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
), named AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, role, policy,
           regexp_extract(regexp_replace(policy, coalesce(recipientAccountId, userIdentity.accountId, 'none') || '|'
           || replace(replace(coalesce(nullif($own, ''), 'none'), ' ', ''), ',', '|'), ''),
                          '"AWS"\s*:\s*(\[[^\]]*)?"(arn:[a-z-]+:(iam|sts)::)?([0-9]{12})(:[^"]*)?"', 4) AS other
    FROM calls
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low'
            WHEN eventName = 'CreateRole' OR strpos(policy, '"Condition"') > 0 THEN 'medium'
            ELSE 'high' END AS severity,
       'T1098.003' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       role AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' let ' ELSE ' tried and failed to let ' END || 'account '
         || other || ' take the role ' || coalesce(role, 'of no name')
         || CASE WHEN eventName = 'CreateRole' THEN ', which is new' ELSE '' END
         || CASE WHEN strpos(policy, '"Condition"') > 0 THEN ', with conditions' ELSE '' END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM named
WHERE other IS NOT NULL
ORDER BY time, eventID
