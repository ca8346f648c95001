-- Who gave an account power over the organisation?
--
-- An account registered as delegated administrator of a service, a policy that delegates
-- the organisation's own calls, or root sessions in member accounts switched on: an
-- account that nobody guards as well as the management account then acts in all others.
-- Trusted access of a service is low.
--
-- False positives: set-up of security services, once in a year or less.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1098.003, T1484
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_delegated_admin.html,
--   https://docs.aws.amazon.com/organizations/latest/APIReference/API_RegisterDelegatedAdministrator.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.accountId') AS accountId,
           json_extract_scalar(requestParameters, '$.delegatedAdminAccountId') AS delegatedAdminAccountId,
           regexp_replace(json_extract_scalar(requestParameters, '$.servicePrincipal'), '\.amazonaws\..*$', '') AS service
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL OR eventName = 'EnableAWSServiceAccess' THEN 'low'
            WHEN eventName = 'RegisterDelegatedAdministrator' AND service IN ('sso', 'iam', 'stacksets.cloudformation', 'member.org.stacksets.cloudformation') THEN 'high'
            ELSE 'medium' END AS severity,
       'T1098.003' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(accountId, delegatedAdminAccountId, service) AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE eventName
                WHEN 'RegisterDelegatedAdministrator' THEN CASE WHEN errorCode IS NULL THEN ' made ' ELSE ' tried and failed to make ' END
                || 'account ' || coalesce(accountId, 'unknown') || ' administrator of ' || coalesce(service, 'a service')
                WHEN 'EnableAWSServiceAccess' THEN CASE WHEN errorCode IS NULL THEN ' let ' ELSE ' tried and failed to let ' END
                || coalesce(service, 'a service') || ' into'
                WHEN 'PutResourcePolicy' THEN CASE WHEN errorCode IS NULL THEN ' changed ' ELSE ' tried and failed to change ' END
                || 'who has the delegated calls of'
                ELSE CASE WHEN errorCode IS NULL THEN ' switched on ' ELSE ' tried and failed to switch on ' END || 'central root access for' END
         || CASE WHEN eventName = 'RegisterDelegatedAdministrator' THEN ' for' ELSE '' END || ' the organisation' || coalesce(': ' || errorCode, '')
         || '.' AS why,
       eventID
FROM calls
WHERE eventSource LIKE 'organizations.amazonaws.%' AND eventName IN ('RegisterDelegatedAdministrator', 'EnableAWSServiceAccess', 'PutResourcePolicy')
  OR eventSource LIKE 'iam.amazonaws.%' AND eventName IN ('EnableOrganizationsRootSessions', 'EnableOrganizationsRootCredentialsManagement')
ORDER BY time, eventID
