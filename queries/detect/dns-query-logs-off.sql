-- Who ended the logging of DNS queries?
--
-- Logs of DNS queries show an intruder's command servers and data carried out in names.
-- Told are the resolver's query logs detached from a VPC or deleted, and the query logs
-- of public zones deleted. What failed is told as less severe.
--
-- False positives: VPCs and zones that are taken down.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1562.008
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-query-logs.html,
--   https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/query-logs.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.resourceId'),
                    json_extract_scalar(requestParameters, '$.resolverQueryLogConfigId'),
                    json_extract_scalar(requestParameters, '$.id')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('route53resolver', 'DisassociateResolverQueryLogConfig', 'high', 'detach', 'detached', 'the query log from'),
        ('route53resolver', 'DeleteResolverQueryLogConfig', 'high', 'delete', 'deleted', 'the query log'),
        ('route53', 'DeleteQueryLoggingConfig', 'medium', 'delete', 'deleted', 'the query log of a zone:')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1562.008' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
