-- Who uploaded a signing certificate for a user?
--
-- An X.509 certificate with which an IAM user signs calls of EC2's old SOAP interface.
-- Hardly anybody needs one today; it is a credential that few look for. For another user
-- than the caller, or of root, it is medium, for oneself low.
--
-- False positives: very old programs.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1098.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSigningCertificate.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.userName') AS userName
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%'
      AND (eventName = 'UploadSigningCertificate' OR eventName = 'UpdateSigningCertificate' AND json_extract_scalar(requestParameters, '$.status') = 'Active')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND (userIdentity.type = 'Root' OR coalesce(userName <> userIdentity.userName, userName IS NOT NULL)) THEN 'medium' ELSE 'low' END AS severity,
       'T1098.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(userName, userIdentity.userName, userIdentity.arn) AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN eventName = 'UploadSigningCertificate' THEN CASE WHEN errorCode IS NULL THEN ' uploaded ' ELSE ' tried and failed to upload ' END ELSE CASE WHEN errorCode IS NULL THEN ' activated ' ELSE ' tried and failed to activate ' END END
         || 'a signing certificate of ' || coalesce(userName, userIdentity.userName, 'root') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
