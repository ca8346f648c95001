-- Who made GuardDuty silent about something?
--
-- GuardDuty keeps quiet about addresses on a trusted list and archives what a
-- suppression rule matches. An intruder who adds the own address, or a rule that
-- matches everything, is not reported any more, while GuardDuty looks as if it ran.
--
-- Told are trusted lists made or changed, rules that archive, threat lists deleted, and
-- findings archived or marked by hand.
--
-- False positives: new offices, scanners of one's own, and the everyday triage of
--   findings; look at the list's location and at the rule.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1562.001, T1562.006
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_upload-lists.html,
--   https://docs.aws.amazon.com/guardduty/latest/ug/findings_suppression-rule.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.location'),
                    json_extract_scalar(requestParameters, '$.name'),
                    json_extract_scalar(requestParameters, '$.ipSetId'),
                    json_extract_scalar(requestParameters, '$.filterName'),
                    json_extract_scalar(requestParameters, '$.threatIntelSetId'),
                    json_extract_scalar(requestParameters, '$.threatEntitySetId'),
                    json_extract_scalar(requestParameters, '$.findingIds[0]'),
                    json_extract_scalar(requestParameters, '$.detectorId')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('CreateIPSet', 'medium', 'trust', 'trusted', 'the addresses of a list in GuardDuty:'),
        ('UpdateIPSet', 'medium', 'change', 'changed', 'the list of trusted addresses in GuardDuty:'),
        ('CreateTrustedEntitySet', 'medium', 'trust', 'trusted', 'the entities of a list in GuardDuty:'),
        ('UpdateTrustedEntitySet', 'medium', 'change', 'changed', 'the list of trusted entities in GuardDuty:'),
        ('CreateFilter', 'medium', 'archive', 'archived', 'all new findings of GuardDuty that match the filter'),
        ('UpdateFilter', 'medium', 'archive', 'archived', 'all new findings of GuardDuty that match the filter'),
        ('DeleteThreatIntelSet', 'medium', 'delete', 'deleted', 'the threat list of GuardDuty'),
        ('DeleteThreatEntitySet', 'medium', 'delete', 'deleted', 'the threat list of GuardDuty'),
        ('ArchiveFindings', 'low', 'archive', 'archived', 'findings of GuardDuty:')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'guardduty.amazonaws.%'
      AND (eventName <> 'CreateFilter' OR json_extract_scalar(requestParameters, '$.action') = 'ARCHIVE')
      AND (eventName <> 'UpdateFilter' OR json_extract_scalar(requestParameters, '$.action') = 'ARCHIVE')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1562.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
