-- What an instance should not look like and sometimes does. Loaded after data.sql, by the test
-- that compares every number: each statement is aimed at one way of counting wrong.
BEGIN;

-- Ids below zero, at both ends of bigint, and again where a half-open range has no next number.
INSERT INTO issues (id, author_id, project_id, namespace_id, work_item_type_id, state_id, weight,
                    closed_at, created_at, updated_at)
SELECT id, author_id, 1, 1, 1, 2, 3, closed_at, created_at, created_at
FROM (VALUES
    (-9223372036854775808, -1, timestamp '2020-02-29 23:59:59.999999', timestamp '2020-02-29'),
    (-9223372036854775807, 9223372036854775807, NULL, timestamp '1970-01-01'),
    (-5000000000, -9223372036854775808, NULL, timestamp '2000-01-01'),
    (-1, 2147483648, NULL, timestamp 'infinity'),
    (0, 0, NULL, timestamp '-infinity'),
    (4294967296, 4294967296, NULL, timestamp '0044-03-15 BC'),
    (9223372036854775806, 4294967297, NULL, NULL),
    (9223372036854775807, NULL, NULL, timestamp '294276-12-31 23:59:59')
) AS odd (id, author_id, closed_at, created_at);

INSERT INTO users (id, email, state, user_type, sign_in_count, last_activity_on, created_at)
VALUES (-1, 'nobody@example.com', 'active', 0, 2147483647, 'infinity', 'infinity'),
       (0, 'zero@example.com', 'active', 6, 2147483647, '-infinity', '-infinity'),
       (9223372036854775807, 'last@example.com', NULL, 0, NULL, NULL, NULL);

-- A gap of a billion and one of half the number line; the next row is far, not at the end.
INSERT INTO merge_requests (id, source_branch, target_branch, source_project_id, target_project_id,
                            author_id, state_id, created_at)
SELECT id, 'a', 'b', 1, 2, id % 97, 1, (now() AT TIME ZONE 'UTC') - interval '5 days'
FROM generate_series(1000000001, 1000000250) AS id;
INSERT INTO merge_requests (id, source_branch, target_branch, target_project_id, created_at)
VALUES (4611686018427387904, 'a', 'b', 3, (now() AT TIME ZONE 'UTC') - interval '20 days');

-- A composite key whose parts are extreme; a pushed event with the largest id.
INSERT INTO issue_assignees (issue_id, user_id)
VALUES (-9223372036854775808, -1), (-9223372036854775808, 9223372036854775807),
       (9223372036854775807, -9223372036854775808), (9223372036854775807, 0), (0, 0), (-1, 5);
INSERT INTO events (id, project_id, author_id, action, created_at, updated_at)
VALUES (9223372036854775807, 1, -1, 5, now() - interval '5 days', now()),
       (-9223372036854775808, 9223372036854775807, 0, 5, 'infinity', now());
INSERT INTO push_event_payloads (event_id, commit_count, action, ref_type)
VALUES (9223372036854775807, 4611686018427387904, 0, 0),
       (-9223372036854775808, 4611686018427387904, 0, 1);

-- Keys that are text: empty, quoted, with a backslash, not ASCII, alike but for case.
INSERT INTO schema_migrations (version)
VALUES (''), (''''), ('\'), ('\x00'), ('%s'), ('Änderung'), ('änderung'), ('ANDERUNG'), (' 1'),
       (E'line\nbreak'), ('日本'), ('{1,2}'), ('NULL');

-- Texts to tell apart, among them the empty one.
INSERT INTO notes (id, author_id, discussion_id, noteable_type, created_at)
SELECT -id, -id, text, 'Issue', (now() AT TIME ZONE 'UTC') - interval '5 days'
FROM unnest(ARRAY['', ' ', '''', '"', 'null', 'NULL', E'\t', 'é', 'É', 'e', '\', 'é'])
     WITH ORDINALITY AS odd (text, id);

-- Two thousand rows of one instant: no range of time divides them.
INSERT INTO award_emoji (id, name, user_id, awardable_id, awardable_type, created_at)
SELECT 5000000000 + g, 'heart', g % 700, 1, 'Issue', (now() AT TIME ZONE 'UTC') - interval '5 days'
FROM generate_series(1, 2000) AS g;

-- Sums beyond bigint, and a mean of numbers whose sum is.
INSERT INTO lfs_objects (id, oid, size)
VALUES (-1, 'a', 9223372036854775807), (-2, 'b', 9223372036854775807), (-3, 'c', 7);
UPDATE project_statistics SET repository_size = 9223372036854775807, commit_count = 1 WHERE id < 9;
INSERT INTO ci_job_artifacts (id, project_id, job_id, file_type, size, created_at, updated_at)
VALUES (-1, 1, 1, 1, -9223372036854775808, now() - interval '5 days', now());

-- Times in the future and in every partition that there is, the default one too.
INSERT INTO audit_events (id, author_id, entity_id, entity_type, created_at)
VALUES (1, 77, 1, 'User', 'infinity'), (1, 78, 1, 'User', '-infinity'),
       (-5, 79, 1, 'User', (now() AT TIME ZONE 'UTC') + interval '1 year'),
       (9223372036854775807, 80, 1, 'User', (now() AT TIME ZONE 'UTC') - interval '5 days');

-- Tables without rows, under an average and under a join; one row; columns of nothing but NULL.
TRUNCATE terraform_states, lists;
DELETE FROM releases WHERE id <> (SELECT min(id) FROM releases);
UPDATE ci_builds SET coverage = NULL WHERE coverage IS NOT NULL;
UPDATE merge_request_metrics SET added_lines = NULL WHERE added_lines IS NOT NULL;
UPDATE ci_pipelines SET failure_reason = NULL WHERE failure_reason IS NOT NULL;
UPDATE ci_pipeline_schedules SET owner_id = NULL;

COMMIT;
ANALYZE;

-- Rows that no statistics know of.
INSERT INTO emails (id, user_id, email, confirmed_at, created_at, updated_at)
SELECT 7000000000 + g, 1 + g % 50, 'new' || g || '@example.org',
       CASE WHEN g % 2 = 0 THEN now() AT TIME ZONE 'UTC' END,
       now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
FROM generate_series(1, 3000) AS g;
