-- Who works with the console, who with the CLI, an SDK or Terraform?
--
-- A line for each actor and tool, as the user agent tells. Calls that a service made for
-- itself or for somebody are AWS service. What is none of those that are known is other:
-- see user-agents.
--
-- Parameters:
--   $actor  text      = '%'           the actor, a name alone, or a pattern with %
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 1000          so many rows at most
-- Needs: cloudtrail
WITH agents AS (
    SELECT actor(userIdentity) AS actor, userAgent, sessionCredentialFromConsole AS console,
           userIdentity.invokedBy IS NOT NULL OR userIdentity.type = 'AWSService' AS service,
           count(*) AS calls, count(errorCode) AS failed,
           count(CASE WHEN NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)')) THEN 1 END) AS changes,
           min(eventTime) AS first_time, max(eventTime) AS last_time
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until AND eventName IS NOT NULL
    GROUP BY actor(userIdentity), userAgent, sessionCredentialFromConsole, userIdentity.invokedBy IS NOT NULL OR userIdentity.type = 'AWSService'
), tools AS (
    SELECT actor, calls, failed, changes, first_time, last_time,
           CASE WHEN service THEN 'AWS service'
                WHEN console OR regexp_like(userAgent, '^\[?(Mozilla/|console\.|signin\.|S3Console|AWSConsole)') THEN 'console'
                WHEN regexp_like(userAgent, '(?i)terraform|opentofu|pulumi') THEN 'Terraform'
                WHEN regexp_like(userAgent, '(?i)cloudformation|aws-cdk') THEN 'CloudFormation'
                WHEN regexp_like(userAgent, '(?i)^\[?aws-cli|PowerShell') THEN 'CLI'
                WHEN regexp_like(userAgent, '(?i)aws-sdk|boto') THEN 'SDK'
                WHEN userAgent LIKE '%.amazonaws.%' OR userAgent LIKE 'AWS Internal%' OR userAgent LIKE 'aws-internal%' THEN 'AWS service'
                ELSE 'other' END AS tool
    FROM agents
)
SELECT actor, tool, sum(calls) AS calls, sum(failed) AS failed, sum(changes) AS changes,
       min(first_time) AS first_time, max(last_time) AS last_time
FROM tools
WHERE actor LIKE $actor OR actor LIKE '%/' || CAST($actor AS varchar)
GROUP BY actor, tool
ORDER BY calls DESC, actor, tool
LIMIT $limit
