-- Who turned Security Hub or its checks off?
--
-- Security Hub gathers the findings of GuardDuty, Inspector, Macie and others and
-- checks accounts against standards. Told are: turned off, standards or controls
-- disabled, accounts taken out of the central one, and products whose findings are no
-- longer taken in.
--
-- What failed is told as less severe.
--
-- False positives: controls that do not apply, which are disabled when standards are
--   set up.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1562.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-disable.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.standardsSubscriptionArns[0]'),
                    json_extract_scalar(requestParameters, '$.standardsControlArn'),
                    json_extract_scalar(requestParameters, '$.standardsControlAssociationUpdates[0].securityControlId'),
                    json_extract_scalar(requestParameters, '$.StandardsSubscriptionArns[0]'),
                    json_extract_scalar(requestParameters, '$.StandardsControlArn'),
                    json_extract_scalar(requestParameters, '$.StandardsControlAssociationUpdates[0].SecurityControlId'),
                    json_extract_scalar(requestParameters, '$.productSubscriptionArn'),
                    json_extract_scalar(requestParameters, '$.ProductSubscriptionArn'),
                    json_extract_scalar(requestParameters, '$.accountIds[0]'),
                    json_extract_scalar(requestParameters, '$.AccountIds[0]'),
                    json_extract_scalar(requestParameters, '$.adminAccountId'),
                    json_extract_scalar(requestParameters, '$.AdminAccountId'),
                    json_extract_scalar(requestParameters, '$.findingAggregatorArn'),
                    json_extract_scalar(requestParameters, '$.actionTargetArn'),
                    json_extract_scalar(requestParameters, '$.insightArn')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('DisableSecurityHub', 'high', 'turn', 'turned', 'off Security Hub'),
        ('DisableSecurityHubV2', 'high', 'turn', 'turned', 'off Security Hub'),
        ('BatchDisableStandards', 'medium', 'disable', 'disabled', 'the standard of Security Hub'),
        ('UpdateStandardsControl', 'low', 'disable', 'disabled', 'the control of Security Hub'),
        ('BatchUpdateStandardsControlAssociations', 'low', 'disable', 'disabled', 'the control of Security Hub'),
        ('DisassociateMembers', 'medium', 'detach', 'detached', 'member accounts in Security Hub:'),
        ('DeleteMembers', 'medium', 'delete', 'deleted', 'member accounts in Security Hub:'),
        ('DisassociateFromAdministratorAccount', 'high', 'detach', 'detached', 'the account from its administrator in Security Hub'),
        ('DisassociateFromMasterAccount', 'high', 'detach', 'detached', 'the account from its administrator in Security Hub'),
        ('DisableOrganizationAdminAccount', 'high', 'remove', 'removed', 'the organisation''s administrator of Security Hub'),
        ('DisableImportFindingsForProduct', 'medium', 'end', 'ended', 'the import of findings of the product'),
        ('DeleteFindingAggregator', 'medium', 'end', 'ended', 'the gathering of findings of all regions:'),
        ('DeleteActionTarget', 'low', 'delete', 'deleted', 'the action of Security Hub'),
        ('DeleteInsight', 'low', 'delete', 'deleted', 'the insight of Security Hub'),
        ('UpdateOrganizationConfiguration', 'medium', 'end', 'ended', 'the automatic start of Security Hub in new accounts')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'securityhub.amazonaws.%'
      AND (eventName <> 'UpdateStandardsControl' OR strpos(requestParameters, '"DISABLED"') > 0)
      AND (eventName <> 'BatchUpdateStandardsControlAssociations' OR strpos(requestParameters, '"DISABLED"') > 0)
      AND (eventName <> 'UpdateOrganizationConfiguration' OR regexp_like(requestParameters, '"[aA]utoEnable"\s*:\s*false'))
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
