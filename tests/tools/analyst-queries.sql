-- Questions that a data analyst asks of what `service-ping receive` has stored, to begin with.
-- Usage: psql -d DATABASE -f tests/tools/analyst-queries.sql
\pset footer off
\pset null '-'

\echo 'What does each instance have most of? (its newest ping, the three largest counts)'
SELECT left(instance_id, 8) AS instance, place, metric_path,
       to_char(value_num, 'FM999,999,999,999,999,999,999') AS value
FROM (SELECT instance_id, metric_path, value_num,
             row_number() OVER (PARTITION BY instance_id ORDER BY value_num DESC) AS place
      FROM latest_metrics
      WHERE status = 'ok' AND value_kind = 'count' AND metric_path LIKE 'counts.%'
        AND metric_path !~ '_(weekly|monthly|sum|average|bytes)') AS counts
WHERE place <= 3
ORDER BY instance, place;

\echo 'What grows fastest? (of all there is, the part of the last 28 days, over all instances)'
SELECT whole.metric_path, sum(whole.value_num) AS in_all, sum(month.value_num) AS in_28_days,
       round(100 * sum(month.value_num) / sum(whole.value_num), 1) AS percent_new
FROM latest_metrics AS whole
JOIN latest_metrics AS month
  ON month.ping_id = whole.ping_id AND month.metric_path = whole.metric_path || '_monthly'
WHERE whole.metric_path LIKE 'counts.%' AND whole.metric_path NOT LIKE '%\_sum'
  AND whole.status = 'ok' AND month.status = 'ok' AND whole.value_num > 0
GROUP BY whole.metric_path
HAVING sum(whole.value_num) >= 1000
ORDER BY percent_new DESC, whole.metric_path
LIMIT 8;

\echo 'Which numbers are missing, on how many instances, and why?'
SELECT status, count(DISTINCT metric_path) AS metrics, count(DISTINCT instance_id) AS instances,
       min(metric_path) AS "for example", left(min(reason), 60) AS "because"
FROM latest_metrics
WHERE status <> 'ok'
GROUP BY status
ORDER BY metrics DESC, status;

\echo 'How well is each area of the product covered? (the first part of the path)'
SELECT split_part(metric_path, '.', 1) AS area, count(DISTINCT metric_path) AS metrics,
       round(100.0 * count(*) FILTER (WHERE status = 'ok') / count(*), 1) AS percent_with_value,
       count(*) FILTER (WHERE method <> 'exact') AS not_exact,
       count(*) FILTER (WHERE value_num = 0) AS zero
FROM latest_metrics
GROUP BY area
ORDER BY metrics DESC, area
LIMIT 10;

\echo 'What does a collection cost an instance, and what a ping the centre?'
SELECT count(*) AS instances, round(avg(ms) / 1000, 2) AS mean_seconds,
       round(max(ms) / 1000, 2) AS longest_seconds, round(avg(ms / metrics), 2) AS ms_per_metric,
       round(avg(bytes)) AS bytes_per_ping, round(avg(metrics)) AS rows_per_ping
FROM (SELECT (sent #>> '{service_ping,collected_in_ms}')::numeric AS ms,
             octet_length(raw) AS bytes, nullif(row_count, 0) AS metrics
      FROM (SELECT raw, pings.row_count, convert_from(raw, 'UTF8')::jsonb AS sent
            FROM pings JOIN latest_pings USING (ping_id)) AS newest) AS costs;

\echo 'How unequal is use? (all instances together; a rate tells more than a total)'
SELECT count(*) AS instances, sum(users) AS users,
       round(100.0 * sum(committers) / nullif(sum(users), 0), 1) AS percent_creating_merge_requests,
       round(sum(pipelines) / nullif(sum(merge_requests), 0), 2) AS pipelines_per_merge_request,
       round(100 * max(users) / nullif(sum(users), 0), 1) AS percent_of_users_on_largest,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY users) AS users_on_median
FROM (SELECT instance_id,
             max(value_num) FILTER (WHERE metric_path = 'counts.users') AS users,
             max(value_num) FILTER (WHERE metric_path = 'counts.ci_pipelines_monthly') AS pipelines,
             max(value_num) FILTER (WHERE metric_path = 'counts.merge_requests_monthly')
                 AS merge_requests,
             max(value_num) FILTER (WHERE metric_path =
                 'usage_activity_by_stage.create.users_creating_merge_requests_monthly')
                 AS committers
      FROM latest_metrics GROUP BY instance_id) AS instances;
