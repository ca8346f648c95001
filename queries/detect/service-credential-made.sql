-- Who made a credential for one service, such as a Bedrock API key?
--
-- Passwords and API keys of a user for Bedrock, CodeCommit, Keyspaces or another single
-- service, made, reset or activated. They stay when access keys are changed, ask for no
-- MFA, and lists of access keys do not show them. Bedrock's run up bills.
--
-- Those for Bedrock, or for another user than the caller, are medium, the rest and what
-- failed low.
--
-- False positives: developers who try Bedrock, which offers a long-term key first.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1098.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_bedrock.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.userName') AS userName,
           json_extract_scalar(requestParameters, '$.credentialAgeDays') AS credentialAgeDays,
           json_extract_scalar(requestParameters, '$.status') AS status,
           coalesce(json_extract_scalar(requestParameters, '$.serviceName'), json_extract_scalar(responseElements, '$.serviceSpecificCredential.serviceName')) AS service
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName LIKE '%ServiceSpecificCredential'
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND (service LIKE 'bedrock%' OR coalesce(userName <> userIdentity.userName, userName IS NOT NULL)) THEN 'medium' ELSE 'low' END AS severity,
       'T1098.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(userName, userIdentity.userName) AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE eventName WHEN 'CreateServiceSpecificCredential' THEN CASE WHEN errorCode IS NULL THEN ' made ' ELSE ' tried and failed to make ' END
                    WHEN 'ResetServiceSpecificCredential' THEN CASE WHEN errorCode IS NULL THEN ' reset ' ELSE ' tried and failed to reset ' END ELSE CASE WHEN errorCode IS NULL THEN ' activated ' ELSE ' tried and failed to activate ' END END
         || 'a credential' || coalesce(' for ' || split_part(service, '.', 1), '') || ' of the user '
         || coalesce(userName, userIdentity.userName, 'of no name')
         || coalesce(', good for ' || credentialAgeDays || ' days', '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE eventName IN ('CreateServiceSpecificCredential', 'ResetServiceSpecificCredential')
  OR eventName = 'UpdateServiceSpecificCredential' AND status = 'Active'
ORDER BY time, eventID
