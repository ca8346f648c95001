-- Who shared a snapshot of a database with others?
--
-- A snapshot of RDS, Aurora, Neptune or DocumentDB that was shared can be restored, and
-- read, in another account. Shared with everybody it is high, with an account medium;
-- what failed is low. Snapshots of Redshift are in detect/redshift-data-shared.
--
-- False positives: copies for accounts of one's own, such as those for tests or
--   backups.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1537
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSnapshotAttribute.html,
--   https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBClusterSnapshotAttribute.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.dBSnapshotIdentifier'), json_extract_scalar(requestParameters, '$.dBClusterSnapshotIdentifier')) AS object,
           regexp_like(json_format(json_extract(requestParameters, '$.valuesToAdd')), '"all"') AS everybody,
           regexp_extract(replace(json_format(json_extract(requestParameters, '$.valuesToAdd')), recipientAccountId, 'own'), '[0-9]{12}') AS other
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'rds.amazonaws.%' AND eventName IN ('ModifyDBSnapshotAttribute', 'ModifyDBClusterSnapshotAttribute')
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low' WHEN everybody THEN 'high' ELSE 'medium' END AS severity,
       'T1537' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' shared' ELSE ' tried and failed to share' END
         || ' the database snapshot ' || coalesce(object, 'of no name') || CASE WHEN everybody THEN ' with everybody' ELSE ' with account ' || coalesce(other, 'unknown') END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE everybody OR other IS NOT NULL
ORDER BY time, eventID
