-- Who suppressed findings of security services?
--
-- Security Hub, Inspector, Macie, IAM Access Analyzer and Detective keep quiet about
-- what somebody suppressed, archived or resolved, or what a rule archives by itself.
-- Findings about one's own deeds are what an intruder would like to see closed.
--
-- Rules are more severe than single findings, since they also hold for what comes.
--
-- False positives: everyday triage: findings are closed by those whose work it is. A
--   rule by anybody else is worth a look.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1562.001, T1562.006
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/securityhub/latest/userguide/automation-rules.html,
--   https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-archive-rules.html,
--   https://docs.aws.amazon.com/macie/latest/user/findings-suppression.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.ruleName'),
                    json_extract_scalar(requestParameters, '$.RuleName'),
                    json_extract_scalar(requestParameters, '$.name'),
                    json_extract_scalar(requestParameters, '$.filterArn'),
                    json_extract_scalar(requestParameters, '$.id'),
                    json_extract_scalar(requestParameters, '$.findingIdentifiers[0].id'),
                    json_extract_scalar(requestParameters, '$.FindingIdentifiers[0].Id'),
                    json_extract_scalar(requestParameters, '$.ids[0]'),
                    json_extract_scalar(requestParameters, '$.investigationId')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('securityhub', 'BatchUpdateFindings', 'info', 'suppress', 'suppressed', 'or resolve findings of Security Hub:'),
        ('securityhub', 'BatchUpdateFindingsV2', 'info', 'suppress', 'suppressed', 'or resolve findings of Security Hub:'),
        ('securityhub', 'CreateAutomationRule', 'medium', 'make', 'made', 'a rule that suppresses findings of Security Hub:'),
        ('securityhub', 'BatchUpdateAutomationRules', 'medium', 'change', 'changed', 'a rule so that it suppresses findings of Security Hub:'),
        ('inspector2', 'CreateFilter', 'medium', 'suppress', 'suppressed', 'findings of Inspector that match'),
        ('inspector2', 'UpdateFilter', 'medium', 'suppress', 'suppressed', 'findings of Inspector that match'),
        ('macie2', 'CreateFindingsFilter', 'medium', 'archive', 'archived', 'findings of Macie that match'),
        ('macie2', 'UpdateFindingsFilter', 'medium', 'archive', 'archived', 'findings of Macie that match'),
        ('access-analyzer', 'CreateArchiveRule', 'medium', 'archive', 'archived', 'findings of Access Analyzer that match the rule'),
        ('access-analyzer', 'UpdateArchiveRule', 'medium', 'change', 'changed', 'the rule that archives findings of Access Analyzer:'),
        ('access-analyzer', 'ApplyArchiveRule', 'low', 'archive', 'archived', 'past findings of Access Analyzer that match the rule'),
        ('access-analyzer', 'UpdateFindings', 'info', 'archive', 'archived', 'findings of Access Analyzer:'),
        ('detective', 'UpdateInvestigationState', 'low', 'archive', 'archived', 'the investigation of Detective')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventName <> 'BatchUpdateFindings' OR regexp_like(requestParameters, '"(SUPPRESSED|RESOLVED)"'))
      AND (eventName <> 'CreateAutomationRule' OR regexp_like(requestParameters, '"(SUPPRESSED|RESOLVED)"'))
      AND (eventName <> 'BatchUpdateAutomationRules' OR regexp_like(requestParameters, '"(SUPPRESSED|RESOLVED)"'))
      AND (eventName <> 'CreateFilter' OR json_extract_scalar(requestParameters, '$.action') = 'SUPPRESS')
      AND (eventName <> 'UpdateFilter' OR json_extract_scalar(requestParameters, '$.action') = 'SUPPRESS')
      AND (eventName <> 'CreateFindingsFilter' OR json_extract_scalar(requestParameters, '$.action') = 'ARCHIVE')
      AND (eventName <> 'UpdateFindingsFilter' OR json_extract_scalar(requestParameters, '$.action') = 'ARCHIVE')
      AND (eventName <> 'UpdateFindings' OR json_extract_scalar(requestParameters, '$.status') = 'ARCHIVED')
      AND (eventName <> 'UpdateInvestigationState' OR json_extract_scalar(requestParameters, '$.state') = 'ARCHIVED')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL OR severity IN ('info') THEN severity ELSE 'low' END AS severity,
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
