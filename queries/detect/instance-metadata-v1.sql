-- Who let a machine hand out its credentials the old way?
--
-- Version 1 of the instance metadata service hands a machine's credentials to any request
-- that reaches it, also one that a web server was tricked into. It is told where a
-- machine, or the account's default, is changed to allow it again.
--
-- False positives: old software that cannot do version 2.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1552.005, T1578.005
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceMetadataOptions.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           regexp_extract(requestParameters, '"[iI]nstanceId"\s*:\s*"([^"]*)"', 1) AS object,
           regexp_extract(requestParameters, '"[hH]ttpTokens"\s*:\s*"([^"]*)"', 1) AS tokens
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%' AND eventName IN ('ModifyInstanceMetadataOptions', 'ModifyInstanceMetadataDefaults')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1552.005' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' let' ELSE ' tried and failed to let' END
         || ' ' || coalesce(object, 'the machines of that region') || ' hand out credentials without a token' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE tokens = 'optional'
ORDER BY time, eventID
