-- Who shared a snapshot of a disk with others?
--
-- Whoever may make a volume of a snapshot reads the whole disk. A snapshot that was
-- shared with everybody is high, one that was shared with an account is medium; what
-- failed is low.
--
-- An account that the snapshot is in already is not told of. Sharing is the quiet way to
-- take a disk: no data goes through this account's network.
--
-- False positives: accounts of the same organisation and partners; images that are
--   published. Check the account that why names.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1537
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.snapshotId') AS object,
           regexp_like(json_format(json_extract(requestParameters, '$.createVolumePermission.add')), '"group"\s*:\s*"all"') AS everybody,
           regexp_extract(replace(json_format(json_extract(requestParameters, '$.createVolumePermission.add')), recipientAccountId, 'own'), '[0-9]{12}') AS other
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%' AND eventName = 'ModifySnapshotAttribute'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low' WHEN everybody THEN 'high' ELSE 'medium' END AS severity,
       'T1537' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' shared' ELSE ' tried and failed to share' END
         || ' the snapshot ' || coalesce(object, 'of no name') || CASE WHEN everybody THEN ' with everybody' ELSE ' with account ' || coalesce(other, 'unknown') END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE everybody OR other IS NOT NULL
ORDER BY time, eventID
