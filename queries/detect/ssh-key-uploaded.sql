-- Who uploaded an SSH key for a user?
--
-- An SSH key of an IAM user opens CodeCommit's repositories. It is a credential of its
-- own that stays when access keys are changed. For another user than the caller it is
-- medium, for oneself low.
--
-- False positives: new people who use CodeCommit.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1098.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_ssh-keys.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSSHPublicKey.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.userName') AS userName,
           json_extract_scalar(responseElements, '$.sSHPublicKey.sSHPublicKeyId') AS madeSSHPublicKeySSHPublicKeyId,
           json_extract_scalar(requestParameters, '$.sSHPublicKeyId') AS sSHPublicKeyId
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%'
      AND (eventName = 'UploadSSHPublicKey' OR eventName = 'UpdateSSHPublicKey' AND json_extract_scalar(requestParameters, '$.status') = 'Active')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND coalesce(userName <> userIdentity.userName, userName IS NOT NULL) THEN 'medium' ELSE 'low' END AS severity,
       'T1098.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(userName, userIdentity.userName) AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN eventName = 'UploadSSHPublicKey' THEN CASE WHEN errorCode IS NULL THEN ' uploaded ' ELSE ' tried and failed to upload ' END ELSE CASE WHEN errorCode IS NULL THEN ' activated ' ELSE ' tried and failed to activate ' END END
         || 'an SSH key' || coalesce(' ' || coalesce(madeSSHPublicKeySSHPublicKeyId, sSHPublicKeyId), '')
         || ' of the user ' || coalesce(userName, userIdentity.userName, 'of no name') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
