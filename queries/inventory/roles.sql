-- Which roles are in use?
--
-- A line for each role: sessions, calls, those that change something, services,
-- addresses, and when last. Roles of AWS's services are left out unless $service_roles
-- is true.
--
-- Parameters:
--   $service_roles  boolean   = false         with AWS's own (/aws-service-role/)
--   $since          timestamp = '1970-01-01'  from this time on
--   $until          timestamp = '9999-12-31'  before this time
-- Needs: cloudtrail
SELECT userIdentity.sessionContext.sessionIssuer.arn AS role, count(DISTINCT userIdentity.accessKeyId) AS sessions,
       count(*) AS calls, count(errorCode) AS failed,
       count(CASE WHEN NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)')) THEN 1 END) AS changes,
       count(DISTINCT eventSource) AS services, count(DISTINCT sourceIPAddress) AS addresses,
       min(eventTime) AS first_time, max(eventTime) AS last_time
FROM cloudtrail
WHERE userIdentity.sessionContext.sessionIssuer.type = 'Role'
  AND ($service_roles OR userIdentity.sessionContext.sessionIssuer.arn NOT LIKE '%/aws-service-role/%')
  AND eventTime >= $since AND eventTime < $until
GROUP BY userIdentity.sessionContext.sessionIssuer.arn
ORDER BY calls DESC, role
