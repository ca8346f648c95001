-- Who exported or removed certificates, or changed what a CDN serves?
--
-- With a certificate's key somebody can pose as the site; with a private authority
-- anybody. A distribution can be made to serve another origin or code. Told are
-- exports, authorities disabled or deleted, and aliases and functions of CloudFront
-- changed.
--
-- False positives: deployments of CloudFront; renewals.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1649, T1491.002
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/acm/latest/userguide/export-private.html,
--   https://docs.aws.amazon.com/privateca/latest/userguide/PCADeleteCA.html,
--   https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.certificateArn'),
                    json_extract_scalar(requestParameters, '$.certificateAuthorityArn'),
                    json_extract_scalar(requestParameters, '$.resourceArn'),
                    json_extract_scalar(requestParameters, '$.alias'),
                    json_extract_scalar(requestParameters, '$.name'),
                    json_extract_scalar(requestParameters, '$.id')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('acm', 'ExportCertificate', 'medium', 'export', 'exported', 'the certificate with its key:'),
        ('acm', 'DeleteCertificate', 'low', 'delete', 'deleted', 'the certificate'),
        ('acm', 'RevokeCertificate', 'medium', 'revoke', 'revoked', 'the certificate'),
        ('acm-pca', 'DeleteCertificateAuthority', 'high', 'delete', 'deleted', 'the private authority'),
        ('acm-pca', 'UpdateCertificateAuthority', 'high', 'disable', 'disabled', 'the private authority'),
        ('acm-pca', 'PutPolicy', 'medium', 'share', 'shared', 'the private authority'),
        ('acm-pca', 'CreatePermission', 'low', 'permit', 'permitted', 'the use of the private authority'),
        ('cloudfront', 'AssociateAlias', 'medium', 'move', 'moved', 'to another distribution the name'),
        ('cloudfront', 'PublishFunction', 'low', 'publish', 'published', 'the function of CloudFront'),
        ('cloudfront', 'DeleteDistribution', 'low', 'delete', 'deleted', 'the distribution')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventName <> 'UpdateCertificateAuthority' OR json_extract_scalar(requestParameters, '$.status') = 'DISABLED')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1649' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
