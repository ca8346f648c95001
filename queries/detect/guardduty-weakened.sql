-- Who turned GuardDuty off, or part of it?
--
-- GuardDuty reads the logs for signs of intruders and reports what it finds. Somebody
-- who does not want to be reported deletes or suspends its detector, takes accounts out
-- of the central one, turns kinds of protection off or cuts the export of findings.
--
-- A change of a detector is told of where it disables it, or one of its features or
-- data sources. What failed is told as less severe.
--
-- False positives: accounts that are closed or move to another organisation; cost
--   cutting by the team that owns GuardDuty.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1562.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_suspend-disable.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.detectorId'),
                    json_extract_scalar(requestParameters, '$.adminAccountId'),
                    json_extract_scalar(requestParameters, '$.malwareProtectionPlanId')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('DeleteDetector', 'high', 'delete', 'deleted', 'the GuardDuty detector'),
        ('UpdateDetector', 'high', 'disable', 'disabled', 'the GuardDuty detector, or a feature of it,'),
        ('UpdateMemberDetectors', 'high', 'disable', 'disabled', 'features of GuardDuty for members of the detector'),
        ('StopMonitoringMembers', 'high', 'stop', 'stopped', 'the watch over members of the GuardDuty detector'),
        ('DisassociateMembers', 'high', 'detach', 'detached', 'member accounts from the GuardDuty detector'),
        ('DeleteMembers', 'medium', 'delete', 'deleted', 'member accounts of the GuardDuty detector'),
        ('DisassociateFromMasterAccount', 'high', 'detach', 'detached', 'the account from its administrator in GuardDuty: detector'),
        ('DisassociateFromAdministratorAccount', 'high', 'detach', 'detached', 'the account from its administrator in GuardDuty: detector'),
        ('DisableOrganizationAdminAccount', 'high', 'remove', 'removed', 'the organisation''s administrator of GuardDuty'),
        ('UpdateOrganizationConfiguration', 'medium', 'end', 'ended', 'the automatic start of GuardDuty in new accounts: detector'),
        ('DeletePublishingDestination', 'medium', 'delete', 'deleted', 'the destination of findings of the GuardDuty detector'),
        ('DeleteMalwareProtectionPlan', 'medium', 'delete', 'deleted', 'the malware protection plan')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'guardduty.amazonaws.%'
      AND (eventName <> 'UpdateDetector' OR regexp_like(requestParameters, '"enable"\s*:\s*false|"DISABLED"'))
      AND (eventName <> 'UpdateMemberDetectors' OR regexp_like(requestParameters, '"enable"\s*:\s*false|"DISABLED"'))
      AND (eventName <> 'UpdateOrganizationConfiguration' OR regexp_like(requestParameters, '"autoEnable"\s*:\s*false|"NONE"'))
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'medium' END AS severity,
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
