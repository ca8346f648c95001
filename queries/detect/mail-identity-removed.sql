-- Who removed mail identities or their feedback?
--
-- SES tells the owner of bounces and complaints: with feedback off or events sent
-- nowhere, mail sent by somebody else is not noticed. Told too are identities and
-- suppression removed, and sending paused, which stops an owner's mail. What prepares
-- sending is in another detection.
--
-- False positives: services that are taken down.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1562.006, T1496.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/ses/latest/dg/monitor-sending-activity-using-notifications.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.identity'),
                    json_extract_scalar(requestParameters, '$.emailIdentity'),
                    json_extract_scalar(requestParameters, '$.configurationSetName'),
                    json_extract_scalar(requestParameters, '$.emailAddress')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('SetIdentityFeedbackForwardingEnabled', 'medium', 'end', 'ended', 'the feedback of the identity'),
        ('PutEmailIdentityFeedbackAttributes', 'medium', 'end', 'ended', 'the feedback of the identity'),
        ('DeleteConfigurationSetEventDestination', 'medium', 'end', 'ended', 'events of the configuration set'),
        ('DeleteConfigurationSet', 'low', 'delete', 'deleted', 'the configuration set'),
        ('DeleteIdentity', 'low', 'delete', 'deleted', 'the identity'),
        ('DeleteEmailIdentity', 'low', 'delete', 'deleted', 'the identity'),
        ('DeleteSuppressedDestination', 'low', 'let', 'let', 'mail go again to the suppressed address'),
        ('PutAccountSuppressionAttributes', 'low', 'change', 'changed', 'the suppression of addresses of the account')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ses.amazonaws.%'
      AND (eventName <> 'SetIdentityFeedbackForwardingEnabled' OR json_extract_scalar(requestParameters, '$.forwardingEnabled') = 'false')
      AND (eventName <> 'PutEmailIdentityFeedbackAttributes' OR json_extract_scalar(requestParameters, '$.emailForwardingEnabled') = 'false')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1562.006' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
