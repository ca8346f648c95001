-- Who shared resources with somebody outside the organisation?
--
-- Resource Access Manager shares subnets, transit gateways, databases, keys and more with
-- other accounts. It is told where a share names an account, or may be given to accounts
-- outside the organisation by a call that says so. What AWS services share for themselves
-- is left out.
--
-- False positives: shares within an organisation by account number: RAM logs do not say
--   which accounts are one's own.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1537
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/ram/latest/APIReference/API_CreateResourceShare.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.name'), json_extract_scalar(requestParameters, '$.resourceShareArn')) AS object,
           json_extract_scalar(requestParameters, '$.allowExternalPrincipals') AS outside,
           regexp_extract(replace(json_format(json_extract(requestParameters, '$.principals')), recipientAccountId, 'own'), '"(arn:[^":]*:iam::)?([0-9]{12})', 2) AS other
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ram.amazonaws.%' AND eventName IN ('CreateResourceShare', 'AssociateResourceShare', 'UpdateResourceShare')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND other IS NOT NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1537' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' shared' ELSE ' tried and failed to share' END
         || ' ' || coalesce(object, 'resources') || CASE WHEN other IS NULL THEN ' in a way that lets in accounts outside the organisation' ELSE ' with account ' || other END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE other IS NOT NULL AND coalesce(outside, 'true') = 'true' OR outside = 'true' AND eventName = 'UpdateResourceShare'
ORDER BY time, eventID
