-- Who deleted backups, or what makes them?
--
-- Recovery points, vaults, plans and locks of AWS Backup and Glacier are what is left
-- when data was deleted or encrypted; those who want a ransom look for them first. A
-- lock removed or a recovery point deleted is more severe than a plan.
--
-- What failed is told as less severe. Points that expire by their lifecycle are left
-- out.
--
-- False positives: applications that are taken down for good; clean-up of old copies.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1490, T1485
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/aws-backup/latest/devguide/deleting-backups.html,
--   https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.recoveryPointArn'),
                    json_extract_scalar(requestParameters, '$.backupVaultName'),
                    json_extract_scalar(requestParameters, '$.backupPlanId'),
                    json_extract_scalar(requestParameters, '$.backupJobId'),
                    json_extract_scalar(requestParameters, '$.vaultName'),
                    json_extract_scalar(requestParameters, '$.gatewayArn'),
                    json_extract_scalar(requestParameters, '$.policyId'),
                    json_extract_scalar(requestParameters, '$.identifier'),
                    json_extract_scalar(requestParameters, '$.sourceServerID')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('backup', 'DeleteRecoveryPoint', 'medium', 'delete', 'deleted', 'the recovery point'),
        ('backup', 'DeleteBackupVault', 'high', 'delete', 'deleted', 'the backup vault'),
        ('backup', 'DeleteBackupVaultLockConfiguration', 'high', 'unlock', 'unlocked', 'the backup vault'),
        ('backup', 'DeleteBackupVaultAccessPolicy', 'medium', 'delete', 'deleted', 'the access policy of the backup vault'),
        ('backup', 'DeleteBackupPlan', 'medium', 'delete', 'deleted', 'the backup plan'),
        ('backup', 'DeleteBackupSelection', 'medium', 'take', 'took', 'resources out of the backup plan'),
        ('backup', 'UpdateRecoveryPointLifecycle', 'low', 'change', 'changed', 'how long is kept the recovery point'),
        ('backup', 'StopBackupJob', 'low', 'stop', 'stopped', 'the backup job'),
        ('backup', 'DisassociateRecoveryPoint', 'medium', 'cut', 'cut', 'AWS Backup off from the recovery point'),
        ('backup', 'UpdateRegionSettings', 'low', 'choose', 'chose', 'other kinds of resource for AWS Backup'),
        ('glacier', 'DeleteVault', 'high', 'delete', 'deleted', 'the vault of Glacier'),
        ('glacier', 'DeleteArchive', 'medium', 'delete', 'deleted', 'an archive of the vault of Glacier'),
        ('glacier', 'AbortVaultLock', 'medium', 'abort', 'aborted', 'the lock of the vault of Glacier'),
        ('backup-gateway', 'DeleteGateway', 'low', 'delete', 'deleted', 'the backup gateway'),
        ('dlm', 'DeleteLifecyclePolicy', 'medium', 'delete', 'deleted', 'the policy of snapshots'),
        ('dlm', 'UpdateLifecyclePolicy', 'medium', 'disable', 'disabled', 'the policy of snapshots'),
        ('rbin', 'DeleteRule', 'medium', 'delete', 'deleted', 'the rule of the recycle bin'),
        ('rbin', 'UnlockRule', 'medium', 'unlock', 'unlocked', 'the rule of the recycle bin'),
        ('drs', 'DeleteSourceServer', 'medium', 'delete', 'deleted', 'the copy for disasters of the server'),
        ('drs', 'StopReplication', 'medium', 'stop', 'stopped', 'the copying for disasters of the server')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventName <> 'UpdateLifecyclePolicy' OR json_extract_scalar(requestParameters, '$.state') = 'DISABLED')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL OR severity IN ('low') THEN severity ELSE 'medium' END AS severity,
       'T1490' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
