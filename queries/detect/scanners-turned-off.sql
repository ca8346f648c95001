-- Who turned Inspector, Macie, Detective or Access Analyzer off?
--
-- Inspector looks for holes in what runs, Macie for secrets in buckets, Access Analyzer
-- for what strangers may use, and Detective keeps the graph that investigations go
-- through. Told is who disables, pauses or deletes them or takes accounts out of the
-- central one.
--
-- What failed is told as less severe.
--
-- False positives: accounts that are taken down; services that were on trial.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1562.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/inspector/latest/user/deactivating-best-practices.html,
--   https://docs.aws.amazon.com/macie/latest/user/suspend-macie.html,
--   https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-delete-analyzer.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.analyzerName'),
                    json_extract_scalar(requestParameters, '$.graphArn'),
                    json_extract_scalar(requestParameters, '$.accountId'),
                    json_extract_scalar(requestParameters, '$.delegatedAdminAccountId'),
                    json_extract_scalar(requestParameters, '$.adminAccountId'),
                    json_extract_scalar(requestParameters, '$.id'),
                    json_extract_scalar(requestParameters, '$.resourceTypes[0]'),
                    json_extract_scalar(requestParameters, '$.assessmentTargetArn'),
                    json_extract_scalar(requestParameters, '$.assessmentTemplateArn'),
                    json_extract_scalar(requestParameters, '$.accountIds[0]'),
                    json_extract_scalar(requestParameters, '$.sources[0].sourceName'),
                    json_extract_scalar(requestParameters, '$.subscriberId')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('inspector2', 'Disable', 'high', 'disable', 'disabled', 'scans of Inspector'),
        ('inspector2', 'DisassociateMember', 'medium', 'detach', 'detached', 'from Inspector the account'),
        ('inspector2', 'DisableDelegatedAdminAccount', 'high', 'remove', 'removed', 'the administrator of Inspector,'),
        ('inspector', 'DeleteAssessmentTarget', 'low', 'delete', 'deleted', 'the target of Inspector'),
        ('inspector', 'DeleteAssessmentTemplate', 'low', 'delete', 'deleted', 'the template of Inspector'),
        ('macie2', 'DisableMacie', 'high', 'disable', 'disabled', 'Macie'),
        ('macie2', 'UpdateMacieSession', 'high', 'pause', 'paused', 'Macie'),
        ('macie2', 'UpdateMemberSession', 'high', 'pause', 'paused', 'Macie for the account'),
        ('macie2', 'DisassociateFromAdministratorAccount', 'high', 'detach', 'detached', 'the account from its administrator in Macie'),
        ('macie2', 'DisassociateMember', 'medium', 'detach', 'detached', 'from Macie the account'),
        ('macie2', 'DisableOrganizationAdminAccount', 'high', 'remove', 'removed', 'the organisation''s administrator of Macie,'),
        ('macie2', 'UpdateAutomatedDiscoveryConfiguration', 'medium', 'disable', 'disabled', 'the automatic search of Macie'),
        ('detective', 'DeleteGraph', 'high', 'delete', 'deleted', 'the graph of Detective'),
        ('detective', 'DisassociateMembership', 'medium', 'leave', 'left', 'the graph of Detective'),
        ('detective', 'DeleteMembers', 'medium', 'take', 'took', 'accounts out of the graph of Detective'),
        ('detective', 'DisableOrganizationAdminAccount', 'high', 'remove', 'removed', 'the organisation''s administrator of Detective'),
        ('access-analyzer', 'DeleteAnalyzer', 'high', 'delete', 'deleted', 'the analyzer'),
        ('securitylake', 'DeleteDataLake', 'high', 'delete', 'deleted', 'the data lake of Security Lake'),
        ('securitylake', 'DeleteAwsLogSource', 'high', 'remove', 'removed', 'a source of logs from Security Lake:'),
        ('securitylake', 'DeleteSubscriber', 'medium', 'remove', 'removed', 'the subscriber of Security Lake')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventName <> 'UpdateMacieSession' OR json_extract_scalar(requestParameters, '$.status') = 'PAUSED')
      AND (eventName <> 'UpdateMemberSession' OR json_extract_scalar(requestParameters, '$.status') = 'PAUSED')
      AND (eventName <> 'UpdateAutomatedDiscoveryConfiguration' OR json_extract_scalar(requestParameters, '$.status') = 'DISABLED')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL OR severity IN ('low') THEN severity ELSE 'medium' END AS severity,
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
