-- Who set up a way to move files out: a transfer server or a DataSync task?
--
-- A server of the Transfer Family gives buckets and file systems an SFTP or FTP address;
-- DataSync copies them to a place elsewhere, which may be in another account. Both move
-- much, and do not need a key that could be taken away. Public endpoints, users and
-- places are told of; what failed is low.
--
-- False positives: exchanges of files with partners, set up once and by the same team.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1537, T1048
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/transfer/latest/APIReference/API_CreateServer.html,
--   https://docs.aws.amazon.com/datasync/latest/userguide/API_CreateTask.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           eventSource,
           coalesce(json_extract_scalar(requestParameters, '$.userName'), json_extract_scalar(requestParameters, '$.serverId'), json_extract_scalar(requestParameters, '$.s3BucketArn'), json_extract_scalar(requestParameters, '$.destinationLocationArn'), json_extract_scalar(requestParameters, '$.serverHostname'), json_extract_scalar(requestParameters, '$.url')) AS object,
           json_extract_scalar(requestParameters, '$.endpointType') AS endpoint,
           split_part(json_extract_scalar(requestParameters, '$.destinationLocationArn'), ':', 5) AS destination
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventSource LIKE 'transfer.amazonaws.%' AND eventName IN ('CreateServer', 'CreateUser', 'ImportSshPublicKey', 'CreateConnector')
        OR eventSource LIKE 'datasync.amazonaws.%' AND (eventName = 'CreateTask' OR eventName LIKE 'CreateLocation%'))
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND (eventName = 'CreateServer' AND coalesce(endpoint, 'PUBLIC') = 'PUBLIC' OR destination <> recipientAccountId) THEN 'medium' ELSE 'low' END AS severity,
       'T1537' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' made' ELSE ' tried and failed to make' END
         || ' ' || split_part(eventSource, '.', 1) || ':' || coalesce(replace(replace(eventName, 'Create', ''), 'Import', ''), 'something') || coalesce(' ' || object, '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
