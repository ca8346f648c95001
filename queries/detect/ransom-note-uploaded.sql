-- Who uploaded what looks like a ransom note?
--
-- An object whose name is like those that extortionists leave: HOW_TO_DECRYPT,
-- RANSOM_NOTE, FILES_DELETED, README_TO_RESTORE and the like, as text, HTML, Markdown
-- or a picture. It comes last: what was deleted, copied or encrypted before it is the
-- harm.
--
-- Uploads are data events. What failed is told as less severe.
--
-- False positives: manuals, and files about ransom; look at what the actor did in the
--   bucket before.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1486, T1485, T1657
-- Needs: cloudtrail, data
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           json_extract_scalar(requestParameters, '$.bucketName') || '/' || json_extract_scalar(requestParameters, '$.key') AS object
    FROM cloudtrail
    JOIN (VALUES
        ('PutObject', 'high', 'upload', 'uploaded', 'what looks like a ransom note:'),
        ('CopyObject', 'high', 'upload', 'uploaded', 'what looks like a ransom note:'),
        ('CompleteMultipartUpload', 'high', 'upload', 'uploaded', 'what looks like a ransom note:')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 's3.amazonaws.%'
      AND regexp_like(lower(json_extract_scalar(requestParameters, '$.key')), '\.(txt|html?|hta|md|rtf|pdf|png|jpe?g)$')
      AND regexp_like(regexp_replace(lower(json_extract_scalar(requestParameters, '$.key')), '^.*/', ''),
                      '(ransom|how[-_ ]*to[-_ ]*(decrypt|recover|restore|unlock|return|get[-_ ]*(your|back))|(decrypt|recover|restore|unlock|return)[-_ ]*(my|your|all|the)?[-_ ]*(files?|data|instructions?)|(files?|data|bucket)[-_ ]*(have|has|are|is|were|was)?[-_ ]*(been)?[-_ ]*(encrypted|deleted|stolen|locked|exfiltrated)|read[-_ ]*me[-_ ]*(now|first|to[-_ ]*(decrypt|recover|restore))|your[-_ ]*(files|data)|we[-_ ]*have[-_ ]*your|pay[-_ ]*(bitcoin|btc|now)|!+[-_ ]*(read|warning|important))')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1486' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
