-- Who shared a machine image with others?
--
-- An image holds the disks of the machine that it was made of: whoever may launch it
-- reads them. An image that was shared with everybody is high; with an account, an
-- organisation or a part of one, medium; what failed is low.
--
-- False positives: golden images that are shared with accounts of one's own; publishers
--   of images.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1537
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyImageAttribute.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.imageId') AS object,
           regexp_like(json_format(json_extract(requestParameters, '$.launchPermission.add')), '"group"\s*:\s*"all"') AS everybody,
           regexp_extract(json_format(json_extract(requestParameters, '$.launchPermission.add')), 'arn:[^"]*') AS organisation,
           regexp_extract(replace(json_format(json_extract(requestParameters, '$.launchPermission.add')), recipientAccountId, 'own'), '[0-9]{12}') AS other
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%' AND eventName = 'ModifyImageAttribute'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low' WHEN everybody THEN 'high' ELSE 'medium' END AS severity,
       'T1537' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' shared' ELSE ' tried and failed to share' END
         || ' the image ' || coalesce(object, 'of no name') || CASE WHEN everybody THEN ' with everybody' ELSE ' with ' || coalesce('account ' || other, organisation, 'unknown') END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE everybody OR organisation IS NOT NULL OR other IS NOT NULL
ORDER BY time, eventID
