-- Who let instances be terminated or stopped that were protected?
--
-- An instance with protection from termination or stop refuses both. To take the
-- protection away is the step before, by whoever wants the machine, or what was seen on
-- it, gone.
--
-- False positives: machines that are replaced.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: low
-- ATT&CK: T1578.005, T1485
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.instanceId'),
                    json_extract_scalar(requestParameters, '$.instanceIds[0]')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('ec2', 'ModifyInstanceAttribute', 'low', 'unprotect', 'unprotected', 'the instance'),
        ('autoscaling', 'SetInstanceProtection', 'low', 'unprotect', 'unprotected', 'from scale-in the instance')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND regexp_like(requestParameters, '"disableApi(Termination|Stop)"\s*:\s*(\{\s*"value"\s*:\s*)?"?false|"disableApi(Termination|Stop)"\s*,\s*"value"\s*:\s*"?false|"protectedFromScaleIn"\s*:\s*false')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1578.005' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
