-- Rows for schema.sql: about 700,000, the same on every load but for their times, which end now
-- and reach two years back, denser towards the end. Every other property is a hash of the row's
-- number and a salt, so that columns are independent of each other and of the order of loading.
--
-- On purpose: id ranges with gaps of thousands, rows deleted here and there, authors that no
-- longer exist, NULL authors and NULL times, one bot that wrote a third of all notes, and
-- memberships, labels and projects that few rows or none refer to.
BEGIN;

-- A number in [0, 1) that depends on nothing but its arguments.
CREATE FUNCTION pg_temp.h(g bigint, salt integer) RETURNS float8
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (hashint8extended(g, salt) & 9007199254740991)::float8 / 9007199254740992.0 $$;

-- The id of the k-th row of a table of which a range of `gap` ids was deleted after each `span`.
CREATE FUNCTION pg_temp.row_id(k bigint, span integer, gap integer) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT k + (k / span) * gap $$;

-- Ids of rows to refer to; the power makes a few of them popular and most of them rare.
CREATE FUNCTION pg_temp.a_user(g bigint, salt integer) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT pg_temp.row_id(1 + floor(12000 * power(pg_temp.h(g, salt), 2.2))::bigint, 4000, 3000) $$;
CREATE FUNCTION pg_temp.a_project(g bigint, salt integer) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT pg_temp.row_id(1 + floor(9000 * power(pg_temp.h(g, salt), 1.8))::bigint, 3000, 2500) $$;
CREATE FUNCTION pg_temp.an_issue(g bigint, salt integer) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT pg_temp.row_id(1 + floor(45000 * pg_temp.h(g, salt))::bigint, 15000, 20000) $$;
CREATE FUNCTION pg_temp.a_merge_request(g bigint, salt integer) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT pg_temp.row_id(1 + floor(30000 * pg_temp.h(g, salt))::bigint, 7000, 9000) $$;
CREATE FUNCTION pg_temp.a_pipeline(g bigint, salt integer) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT pg_temp.row_id(1 + floor(26000 * pg_temp.h(g, salt))::bigint, 6000, 14000) $$;

-- When the part `x` of a table's life had passed, in UTC; and a moment up to `days` after another.
CREATE FUNCTION pg_temp.at(x float8) RETURNS timestamp
    LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT (now() AT TIME ZONE 'UTC') - interval '730 days' * (1 - power(x, 0.7)) $$;
CREATE FUNCTION pg_temp.after(since timestamp, days float8) RETURNS timestamp
    LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT least(since + interval '1 day' * days, now() AT TIME ZONE 'UTC') $$;

INSERT INTO schema_migrations
SELECT '2024' || lpad((101000000 + g * 37013)::text, 10, '0'),
       CASE WHEN g % 3 > 0 THEN now() - interval '1 day' * (700 - g) END
FROM generate_series(1, 640) AS g;

INSERT INTO application_settings
SELECT 1, '3d5a1f80-7a52-4c53-9b5e-0d9a1f6a2c11', true, false, 100000, 'main', 10080,
       pg_temp.at(0), pg_temp.at(0.9);

INSERT INTO users
SELECT pg_temp.row_id(g, 4000, 3000), 'user' || g || '@example.com', 'user' || g, 'User ' || g,
       pg_temp.h(g, 1) < 0.004,
       pg_temp.h(g, 2) < 0.06,
       CASE WHEN pg_temp.h(g, 3) < 0.86 THEN 'active' WHEN pg_temp.h(g, 3) < 0.93 THEN 'blocked'
            WHEN pg_temp.h(g, 3) < 0.98 THEN 'deactivated' ELSE 'ldap_blocked' END,
       CASE WHEN g = 42 THEN 6 WHEN pg_temp.h(g, 4) < 0.93 THEN 0
            WHEN pg_temp.h(g, 4) < 0.98 THEN 6 ELSE 1 + g % 4 END,
       pg_temp.h(g, 5) < 0.3,
       floor(400 * power(pg_temp.h(g, 6), 3))::integer,
       CASE WHEN pg_temp.h(g, 7) < 0.7 THEN pg_temp.at(greatest(g / 12000.0, pg_temp.h(g, 8))) END,
       CASE WHEN pg_temp.h(g, 7) < 0.6 THEN pg_temp.at(g / 12000.0) END,
       CASE WHEN pg_temp.h(g, 9) < 0.75
            THEN pg_temp.at(1 - (1 - g / 12000.0) * power(pg_temp.h(g, 10), 4))::date END,
       CASE WHEN pg_temp.h(g, 11) < 0.9 THEN pg_temp.after(pg_temp.at(g / 12000.0), 1) END,
       CASE WHEN pg_temp.h(g, 12) < 0.1 THEN pg_temp.a_user(g, 13) END,
       CASE WHEN pg_temp.h(g, 14) < 0.8 THEN 100000 ELSE g % 20 END,
       (ARRAY['en', 'de', 'ja', 'fr', NULL])[1 + floor(5 * pg_temp.h(g, 15))::integer],
       pg_temp.h(g, 16) < 0.05,
       pg_temp.at(g / 12000.0),
       pg_temp.after(pg_temp.at(g / 12000.0), 200 * pg_temp.h(g, 17))
FROM generate_series(1::bigint, 12000) AS g
WHERE g = 42 OR pg_temp.h(g, 0) < 0.97;

INSERT INTO identities
SELECT g, 'uid=' || g, (ARRAY['ldapmain', 'ldapsecondary', 'saml', 'github'])
                       [1 + floor(4 * power(pg_temp.h(g, 1), 1.5))::integer],
       CASE WHEN pg_temp.h(g, 2) < 0.99 THEN pg_temp.a_user(g, 3) END,
       pg_temp.at(g / 4200.0), pg_temp.at(g / 4200.0)
FROM generate_series(1::bigint, 4200) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO emails
SELECT g, pg_temp.a_user(g, 1), 'other' || g || '@example.org',
       CASE WHEN pg_temp.h(g, 2) < 0.7 THEN pg_temp.after(pg_temp.at(g / 2600.0), 3) END,
       pg_temp.at(g / 2600.0), pg_temp.at(g / 2600.0)
FROM generate_series(1::bigint, 2600) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO keys
SELECT pg_temp.row_id(g, 1000, 4000),
       CASE WHEN pg_temp.h(g, 1) < 0.85 THEN pg_temp.a_user(g, 2) END, 'key ' || g,
       CASE WHEN pg_temp.h(g, 1) >= 0.85 THEN 'DeployKey' END, g % 3,
       CASE WHEN pg_temp.h(g, 3) < 0.6
            THEN pg_temp.after(pg_temp.at(g / 5400.0), 300 * pg_temp.h(g, 4)) END,
       CASE WHEN pg_temp.h(g, 5) < 0.4
            THEN (pg_temp.at(g / 5400.0) + interval '365 days' * pg_temp.h(g, 6))
                 AT TIME ZONE 'UTC' END,
       pg_temp.at(g / 5400.0), pg_temp.at(g / 5400.0)
FROM generate_series(1::bigint, 5400) AS g WHERE pg_temp.h(g, 0) < 0.9;

INSERT INTO personal_access_tokens
SELECT g, pg_temp.a_user(g, 1), 'token ' || g, pg_temp.h(g, 2) < 0.25, pg_temp.h(g, 3) < 0.03,
       (ARRAY['--- [api]', '--- [read_api]', '--- [read_repository, write_repository]'])[1 + g % 3],
       CASE WHEN pg_temp.h(g, 4) < 0.9
            THEN (pg_temp.at(g / 3600.0) + interval '365 days')::date END,
       CASE WHEN pg_temp.h(g, 5) < 0.65
            THEN pg_temp.after(pg_temp.at(g / 3600.0), 300 * pg_temp.h(g, 6))
                 AT TIME ZONE 'UTC' END,
       pg_temp.at(g / 3600.0), pg_temp.at(g / 3600.0)
FROM generate_series(1::bigint, 3600) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO namespaces
SELECT pg_temp.row_id(g, 3000, 1500), 'namespace ' || g, 'namespace-' || g,
       CASE WHEN pg_temp.h(g, 1) < 0.3 THEN 'Group' ELSE 'User' END,
       CASE WHEN pg_temp.h(g, 1) >= 0.3 THEN pg_temp.a_user(g, 2) END,
       CASE WHEN pg_temp.h(g, 1) < 0.18 AND g > 10
            THEN pg_temp.row_id(1 + floor((g - 1) * pg_temp.h(g, 3))::bigint, 3000, 1500) END,
       (ARRAY[0, 10, 20, 20])[1 + floor(4 * pg_temp.h(g, 4))::integer],
       pg_temp.h(g, 5) < 0.05, pg_temp.h(g, 6) < 0.9, ARRAY[pg_temp.row_id(g, 3000, 1500)],
       pg_temp.at(g / 7000.0), pg_temp.at(g / 7000.0)
FROM generate_series(1::bigint, 7000) AS g WHERE pg_temp.h(g, 0) < 0.98;

INSERT INTO projects
SELECT pg_temp.row_id(g, 3000, 2500), 'Project ' || g, 'project-' || g,
       CASE WHEN pg_temp.h(g, 1) < 0.6 THEN 'About ' || md5(g::text) END,
       CASE WHEN pg_temp.h(g, 2) < 0.99 THEN pg_temp.a_user(g, 3) END,
       pg_temp.row_id(1 + floor(7000 * power(pg_temp.h(g, 4), 1.6))::bigint, 3000, 1500),
       (ARRAY[0, 0, 0, 10, 20])[1 + floor(5 * pg_temp.h(g, 5))::integer],
       pg_temp.h(g, 6) < 0.08, CASE WHEN pg_temp.h(g, 7) < 0.9 THEN pg_temp.h(g, 7) < 0.01 END,
       floor(300 * power(pg_temp.h(g, 8), 12))::integer,
       (ARRAY['github', 'gitlab_project', 'git', 'bitbucket', NULL, NULL, NULL, NULL, NULL, NULL])
       [1 + floor(10 * pg_temp.h(g, 9))::integer],
       CASE WHEN pg_temp.h(g, 10) < 0.8 THEN pg_temp.h(g, 10) < 0.3 END,
       pg_temp.h(g, 11) < 0.93, pg_temp.h(g, 12) < 0.15, pg_temp.h(g, 13) < 0.25,
       CASE WHEN pg_temp.h(g, 14) < 0.9 THEN 3600 ELSE 600 * (1 + g % 60) END,
       CASE WHEN pg_temp.h(g, 15) < 0.97
            THEN pg_temp.at(1 - (1 - g / 9000.0) * power(pg_temp.h(g, 16), 2)) END,
       pg_temp.at(g / 9000.0), pg_temp.at(g / 9000.0)
FROM generate_series(1::bigint, 9000) AS g WHERE pg_temp.h(g, 0) < 0.97;

INSERT INTO project_features
SELECT g, pg_temp.row_id(g, 3000, 2500),
       (ARRAY[0, 10, 20, 20, NULL])[1 + floor(5 * pg_temp.h(g, 1))::integer],
       (ARRAY[0, 20, 20])[1 + floor(3 * pg_temp.h(g, 2))::integer],
       (ARRAY[0, 10, 20, 20, 20])[1 + floor(5 * pg_temp.h(g, 3))::integer],
       (ARRAY[0, 10, 20, 30])[1 + floor(4 * pg_temp.h(g, 4))::integer],
       pg_temp.at(g / 9000.0), pg_temp.at(g / 9000.0)
FROM generate_series(1::bigint, 9000) AS g WHERE pg_temp.h(g, 20) < 0.96;

INSERT INTO project_statistics
SELECT g, pg_temp.row_id(g, 3000, 2500), 1 + g % 7000,
       floor(20000 * power(pg_temp.h(g, 1), 6))::bigint,
       floor(9e9 * power(pg_temp.h(g, 2), 8))::bigint, floor(5e9 * power(pg_temp.h(g, 3), 8))::bigint,
       floor(2e9 * power(pg_temp.h(g, 4), 12))::bigint, floor(1e9 * pg_temp.h(g, 5))::bigint,
       CASE WHEN pg_temp.h(g, 6) < 0.1 THEN floor(1e9 * pg_temp.h(g, 6))::bigint ELSE 0 END
FROM generate_series(1::bigint, 9000) AS g WHERE pg_temp.h(g, 0) < 0.97;

INSERT INTO topics
SELECT g, 'topic ' || g, floor(60 * power(pg_temp.h(g, 1), 3))::bigint,
       pg_temp.at(g / 260.0) AT TIME ZONE 'UTC', pg_temp.at(g / 260.0) AT TIME ZONE 'UTC'
FROM generate_series(1::bigint, 260) AS g;

INSERT INTO project_topics
SELECT g, pg_temp.a_project(g, 1), 1 + floor(260 * power(pg_temp.h(g, 2), 3))::bigint,
       pg_temp.at(g / 5200.0) AT TIME ZONE 'UTC', pg_temp.at(g / 5200.0) AT TIME ZONE 'UTC'
FROM generate_series(1::bigint, 5200) AS g WHERE pg_temp.h(g, 0) < 0.9;

INSERT INTO members
SELECT pg_temp.row_id(g, 9000, 6000),
       (ARRAY[10, 20, 30, 30, 40, 50])[1 + floor(6 * pg_temp.h(g, 1))::integer],
       CASE WHEN pg_temp.h(g, 2) < 0.65 THEN pg_temp.a_project(g, 3)
            ELSE pg_temp.row_id(1 + floor(7000 * power(pg_temp.h(g, 4), 2))::bigint, 3000, 1500) END,
       CASE WHEN pg_temp.h(g, 2) < 0.65 THEN 'Project' ELSE 'Namespace' END,
       CASE WHEN pg_temp.h(g, 5) < 0.95 THEN pg_temp.a_user(g, 6) END,
       CASE WHEN pg_temp.h(g, 2) < 0.65 THEN 'ProjectMember' ELSE 'GroupMember' END,
       pg_temp.a_user(g, 7),
       CASE WHEN pg_temp.h(g, 5) >= 0.9 THEN 'guest' || g || '@example.net' END,
       CASE WHEN pg_temp.h(g, 5) BETWEEN 0.9 AND 0.95
            THEN pg_temp.after(pg_temp.at(g / 26000.0), 5) END,
       CASE WHEN pg_temp.h(g, 8) < 0.03 THEN pg_temp.at(g / 26000.0) END,
       CASE WHEN pg_temp.h(g, 9) < 0.1
            THEN (pg_temp.at(g / 26000.0) + interval '400 days' * pg_temp.h(g, 10))::date END,
       g % 2, pg_temp.at(g / 26000.0), pg_temp.at(g / 26000.0)
FROM generate_series(1::bigint, 26000) AS g WHERE pg_temp.h(g, 0) < 0.96;

INSERT INTO issues
SELECT pg_temp.row_id(g, 15000, 20000), 'Issue ' || substr(md5(g::text), 1, 4 + (g % 20)::integer),
       CASE WHEN pg_temp.h(g, 1) < 0.98 THEN pg_temp.a_user(g, 2) END,
       pg_temp.a_project(g, 3), 1 + g % 7000, (g % 4000)::integer,
       CASE WHEN pg_temp.h(g, 4) < 0.2 THEN 1 + floor(1350 * pg_temp.h(g, 5))::bigint END,
       (ARRAY[1, 1, 1, 1, 2, 5, 7])[1 + floor(7 * pg_temp.h(g, 6))::integer],
       CASE WHEN pg_temp.h(g, 7) < 0.62 THEN 2 ELSE 1 END,
       pg_temp.h(g, 8) < 0.06,
       CASE WHEN pg_temp.h(g, 9) < 0.22 THEN floor(10 * pg_temp.h(g, 10))::integer END,
       CASE WHEN pg_temp.h(g, 11) < 0.1 THEN 1 + g % 3 END,
       CASE WHEN pg_temp.h(g, 12) < 0.12 THEN 1800 * (1 + g % 30)::integer ELSE 0 END,
       CASE WHEN pg_temp.h(g, 13) < 0.18
            THEN (pg_temp.at(g / 45000.0) + interval '90 days' * pg_temp.h(g, 14))::date END,
       CASE WHEN pg_temp.h(g, 15) < 0.02 THEN pg_temp.an_issue(g, 16) END,
       CASE WHEN pg_temp.h(g, 17) < 0.03 THEN pg_temp.an_issue(g, 18) END,
       CASE WHEN pg_temp.h(g, 19) < 0.004 THEN g % 500 END,
       CASE WHEN pg_temp.h(g, 20) < 0.025 THEN 'customer' || g % 400 || '@example.com' END,
       CASE WHEN pg_temp.h(g, 21) < 0.3
            THEN pg_temp.after(pg_temp.at(g / 45000.0), 60 * pg_temp.h(g, 22)) END,
       CASE WHEN pg_temp.h(g, 21) < 0.3
            THEN CASE WHEN pg_temp.h(g, 23) < 0.5 THEN pg_temp.a_user(g, 2)
                      ELSE pg_temp.a_user(g, 24) END END,
       CASE WHEN pg_temp.h(g, 7) < 0.6
            THEN pg_temp.after(pg_temp.at(g / 45000.0), 120 * pg_temp.h(g, 25)) END,
       CASE WHEN pg_temp.h(g, 7) < 0.58 THEN pg_temp.a_user(g, 26) END,
       CASE WHEN pg_temp.h(g, 27) < 0.999 THEN pg_temp.at(g / 45000.0) END,
       pg_temp.after(pg_temp.at(g / 45000.0), 100 * pg_temp.h(g, 28))
FROM generate_series(1::bigint, 45000) AS g WHERE pg_temp.h(g, 0) < 0.96;

INSERT INTO issue_assignees
SELECT DISTINCT pg_temp.a_user(g, 1), pg_temp.an_issue(g, 2), 1 + g % 7000
FROM generate_series(1::bigint, 27000) AS g
ON CONFLICT DO NOTHING;

INSERT INTO issue_links
SELECT g, pg_temp.an_issue(g, 1), pg_temp.an_issue(g, 2), g % 2,
       pg_temp.at(g / 5200.0), pg_temp.at(g / 5200.0)
FROM generate_series(1::bigint, 5200) AS g WHERE pg_temp.h(g, 0) < 0.9;

INSERT INTO labels
SELECT pg_temp.row_id(g, 800, 7000),
       (ARRAY['bug', 'priority::', 'workflow::', 'team '])[1 + floor(4 * pg_temp.h(g, 1))::integer]
       || g, '#' || substr(md5(g::text), 1, 6),
       CASE WHEN pg_temp.h(g, 2) < 0.3 THEN 'GroupLabel' ELSE 'ProjectLabel' END,
       CASE WHEN pg_temp.h(g, 2) >= 0.3 THEN pg_temp.a_project(g, 3) END,
       CASE WHEN pg_temp.h(g, 2) < 0.3 THEN 1 + g % 7000 END,
       pg_temp.h(g, 4) < 0.01, pg_temp.at(g / 2400.0), pg_temp.at(g / 2400.0)
FROM generate_series(1::bigint, 2400) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO label_links
SELECT pg_temp.row_id(g, 12000, 8000),
       pg_temp.row_id(1 + floor(2250 * power(pg_temp.h(g, 1), 2.5))::bigint, 800, 7000),
       CASE WHEN pg_temp.h(g, 2) < 0.7 THEN pg_temp.an_issue(g, 3)
            ELSE pg_temp.a_merge_request(g, 4) END,
       CASE WHEN pg_temp.h(g, 2) < 0.7 THEN 'Issue' ELSE 'MergeRequest' END,
       pg_temp.at(g / 38000.0), pg_temp.at(g / 38000.0)
FROM generate_series(1::bigint, 38000) AS g WHERE pg_temp.h(g, 0) < 0.94;

INSERT INTO milestones
SELECT g, 'Milestone ' || g, CASE WHEN g % 4 > 0 THEN pg_temp.a_project(g, 1) END,
       CASE WHEN g % 4 = 0 THEN 1 + g END,
       CASE WHEN pg_temp.h(g, 2) < 0.6 THEN 'closed' ELSE 'active' END,
       CASE WHEN pg_temp.h(g, 3) < 0.6 THEN pg_temp.at(g / 1500.0)::date END,
       CASE WHEN pg_temp.h(g, 4) < 0.7 THEN (pg_temp.at(g / 1500.0) + interval '30 days')::date END,
       pg_temp.at(g / 1500.0), pg_temp.at(g / 1500.0)
FROM generate_series(1::bigint, 1500) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO boards
SELECT g, CASE WHEN g % 5 > 0 THEN pg_temp.a_project(g, 1) END,
       CASE WHEN g % 5 = 0 THEN 1 + g END, CASE WHEN g % 11 = 0 THEN 1 + g % 1500 END,
       'Board ' || g % 7, pg_temp.h(g, 2) < 0.1, pg_temp.at(g / 2100.0), pg_temp.at(g / 2100.0)
FROM generate_series(1::bigint, 2100) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO lists
SELECT g, 1 + floor(2100 * pg_temp.h(g, 1))::bigint,
       CASE WHEN pg_temp.h(g, 2) < 0.7
            THEN pg_temp.row_id(1 + floor(2400 * pg_temp.h(g, 3))::bigint, 800, 7000) END,
       CASE WHEN pg_temp.h(g, 2) < 0.7 THEN 1 WHEN pg_temp.h(g, 2) < 0.9 THEN 2 ELSE 3 END,
       (g % 6)::integer, CASE WHEN pg_temp.h(g, 4) < 0.2 THEN (3 + g % 9)::integer ELSE 0 END,
       pg_temp.at(g / 5600.0), pg_temp.at(g / 5600.0)
FROM generate_series(1::bigint, 5600) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO todos
SELECT pg_temp.row_id(g, 5000, 30000), pg_temp.a_user(g, 1), pg_temp.a_user(g, 2),
       pg_temp.a_project(g, 3), pg_temp.an_issue(g, 4),
       CASE WHEN pg_temp.h(g, 5) < 0.6 THEN 'MergeRequest' ELSE 'Issue' END,
       1 + floor(9 * pg_temp.h(g, 6))::integer,
       CASE WHEN pg_temp.h(g, 7) < 0.55 THEN 'done' ELSE 'pending' END,
       pg_temp.at(g / 22000.0), pg_temp.after(pg_temp.at(g / 22000.0), 40 * pg_temp.h(g, 8))
FROM generate_series(1::bigint, 22000) AS g WHERE pg_temp.h(g, 0) < 0.94;

INSERT INTO timelogs
SELECT g, pg_temp.a_user(g, 1), pg_temp.a_project(g, 2),
       CASE WHEN g % 3 > 0 THEN pg_temp.an_issue(g, 3) END,
       CASE WHEN g % 3 = 0 THEN pg_temp.a_merge_request(g, 4) END,
       CASE WHEN pg_temp.h(g, 5) < 0.04 THEN -900 ELSE 300 * (1 + floor(60 * pg_temp.h(g, 6))) END,
       CASE WHEN pg_temp.h(g, 7) < 0.95 THEN pg_temp.at(g / 6500.0) - interval '3 hours' END,
       pg_temp.at(g / 6500.0), pg_temp.at(g / 6500.0)
FROM generate_series(1::bigint, 6500) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO design_management_designs
SELECT g, pg_temp.a_project(g, 1), CASE WHEN pg_temp.h(g, 2) < 0.97 THEN pg_temp.an_issue(g, 3) END,
       (g % 900)::integer, 'design-' || g || '.png', (g * 513)::integer
FROM generate_series(1::bigint, 700) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO award_emoji
SELECT g, (ARRAY['thumbsup', 'thumbsdown', 'heart', 'rocket', 'tada', 'eyes'])
          [1 + floor(6 * power(pg_temp.h(g, 1), 2))::integer],
       pg_temp.a_user(g, 2),
       CASE WHEN pg_temp.h(g, 3) < 0.5 THEN pg_temp.an_issue(g, 4) ELSE g * 7 END,
       CASE WHEN pg_temp.h(g, 3) < 0.5 THEN 'Issue' WHEN pg_temp.h(g, 3) < 0.6 THEN 'MergeRequest'
            ELSE 'Note' END,
       pg_temp.at(g / 13000.0), pg_temp.at(g / 13000.0)
FROM generate_series(1::bigint, 13000) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO merge_requests
SELECT pg_temp.row_id(g, 7000, 9000), 'Change ' || g, 'branch-' || g,
       CASE WHEN pg_temp.h(g, 1) < 0.9 THEN 'main' ELSE 'release-' || g % 12 END,
       CASE WHEN pg_temp.h(g, 2) < 0.02 THEN NULL WHEN pg_temp.h(g, 2) < 0.12
            THEN pg_temp.a_project(g, 3) ELSE pg_temp.a_project(g, 4) END,
       pg_temp.a_project(g, 4),
       CASE WHEN pg_temp.h(g, 5) < 0.99 THEN pg_temp.a_user(g, 6) END, (g % 5000)::integer,
       CASE WHEN pg_temp.h(g, 7) < 0.12 THEN 1 + floor(1350 * pg_temp.h(g, 8))::bigint END,
       CASE WHEN pg_temp.h(g, 9) < 0.7 THEN 3 WHEN pg_temp.h(g, 9) < 0.82 THEN 2
            WHEN pg_temp.h(g, 9) < 0.999 THEN 1 ELSE 4 END,
       CASE WHEN pg_temp.h(g, 10) < 0.9 THEN 'can_be_merged' ELSE 'cannot_be_merged' END,
       pg_temp.h(g, 11) < 0.13, pg_temp.h(g, 12) < 0.35, pg_temp.h(g, 13) < 0.2,
       CASE WHEN pg_temp.h(g, 13) < 0.2 THEN pg_temp.a_user(g, 14) END,
       CASE WHEN pg_temp.h(g, 15) < 0.8 THEN pg_temp.a_pipeline(g, 16) END,
       pg_temp.at(g / 30000.0), pg_temp.after(pg_temp.at(g / 30000.0), 30 * pg_temp.h(g, 17))
FROM generate_series(1::bigint, 30000) AS g WHERE pg_temp.h(g, 0) < 0.97;

INSERT INTO merge_request_metrics
SELECT g, pg_temp.row_id(g, 7000, 9000), pg_temp.a_project(g, 4),
       CASE WHEN pg_temp.h(g, 9) < 0.7
            THEN pg_temp.after(pg_temp.at(g / 30000.0), 20 * power(pg_temp.h(g, 21), 3)) END,
       CASE WHEN pg_temp.h(g, 9) < 0.68 THEN pg_temp.a_user(g, 22) END,
       CASE WHEN pg_temp.h(g, 9) BETWEEN 0.7 AND 0.82
            THEN pg_temp.after(pg_temp.at(g / 30000.0), 50 * pg_temp.h(g, 23)) END,
       CASE WHEN pg_temp.h(g, 24) < 0.75
            THEN pg_temp.after(pg_temp.at(g / 30000.0), 4 * pg_temp.h(g, 25)) END,
       CASE WHEN pg_temp.h(g, 26) < 0.9 THEN 1 + floor(30 * power(pg_temp.h(g, 27), 4))::integer END,
       1 + floor(60 * power(pg_temp.h(g, 28), 4))::integer,
       CASE WHEN pg_temp.h(g, 29) < 0.85 THEN floor(3000 * power(pg_temp.h(g, 30), 5))::integer END,
       CASE WHEN pg_temp.h(g, 29) < 0.85 THEN floor(2000 * power(pg_temp.h(g, 31), 5))::integer END,
       pg_temp.at(g / 30000.0), pg_temp.at(g / 30000.0)
FROM generate_series(1::bigint, 30000) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO merge_request_reviewers
SELECT g, pg_temp.a_user(g, 1), pg_temp.a_merge_request(g, 2), g % 3,
       pg_temp.at(g / 17000.0) AT TIME ZONE 'UTC'
FROM generate_series(1::bigint, 17000) AS g WHERE pg_temp.h(g, 0) < 0.95;

-- A twentieth of the approvals are by the author of the merge request.
INSERT INTO approvals
SELECT g, pg_temp.row_id(1 + floor(30000 * pg_temp.h(g, 1))::bigint, 7000, 9000),
       pg_temp.a_user(CASE WHEN pg_temp.h(g, 2) < 0.05
                           THEN 1 + floor(30000 * pg_temp.h(g, 1))::bigint ELSE g END, 6),
       pg_temp.at(g / 15000.0), pg_temp.at(g / 15000.0)
FROM generate_series(1::bigint, 15000) AS g WHERE pg_temp.h(g, 0) < 0.95;

-- The bot with the number 42 writes a third of the notes.
INSERT INTO notes
SELECT pg_temp.row_id(g, 25000, 60000), 'Note ' || substr(md5(g::text), 1, 6 + (g % 26)::integer),
       CASE WHEN pg_temp.h(g, 1) < 0.55 THEN 'MergeRequest' WHEN pg_temp.h(g, 1) < 0.92 THEN 'Issue'
            WHEN pg_temp.h(g, 1) < 0.97 THEN 'Commit' ELSE 'Snippet' END,
       CASE WHEN pg_temp.h(g, 1) < 0.55 THEN pg_temp.a_merge_request(g, 2)
            WHEN pg_temp.h(g, 1) < 0.92 THEN pg_temp.an_issue(g, 3)
            WHEN pg_temp.h(g, 1) >= 0.97 THEN 1 + g % 1900 END,
       CASE WHEN pg_temp.h(g, 4) < 0.333 THEN 42 WHEN pg_temp.h(g, 4) < 0.99
            THEN pg_temp.a_user(g, 5) END,
       CASE WHEN pg_temp.h(g, 1) < 0.97 THEN pg_temp.a_project(g, 6) END,
       CASE WHEN pg_temp.h(g, 1) < 0.15 THEN 'DiffNote' WHEN pg_temp.h(g, 1) < 0.4
            THEN 'DiscussionNote' END,
       pg_temp.h(g, 7) < 0.4, pg_temp.h(g, 8) < 0.02,
       CASE WHEN pg_temp.h(g, 9) < 0.1 THEN pg_temp.h(g, 9) < 0.03 END,
       substr(md5((g - g % 3)::text), 1, 20),
       CASE WHEN pg_temp.h(g, 1) BETWEEN 0.92 AND 0.97 THEN md5(g::text) END,
       CASE WHEN pg_temp.h(g, 10) < 0.12
            THEN pg_temp.after(pg_temp.at(g / 104000.0), 14 * pg_temp.h(g, 11)) END,
       CASE WHEN pg_temp.h(g, 10) < 0.11 THEN pg_temp.a_user(g, 12) END,
       CASE WHEN pg_temp.h(g, 13) < 0.9995 THEN pg_temp.at(g / 104000.0) END,
       pg_temp.at(g / 104000.0)
FROM generate_series(1::bigint, 104000) AS g WHERE pg_temp.h(g, 0) < 0.96;

INSERT INTO suggestions
SELECT g, pg_temp.row_id(1 + floor(104000 * pg_temp.h(g, 1))::bigint, 25000, 60000), g % 3,
       pg_temp.h(g, 2) < 0.4, pg_temp.h(g, 3) < 0.2
FROM generate_series(1::bigint, 4600) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO snippets
SELECT g, 'Snippet ' || g, pg_temp.a_user(g, 1),
       CASE WHEN pg_temp.h(g, 2) < 0.4 THEN pg_temp.a_project(g, 3) END,
       CASE WHEN pg_temp.h(g, 2) < 0.4 THEN 'ProjectSnippet' ELSE 'PersonalSnippet' END,
       (ARRAY[0, 10, 20])[1 + floor(3 * pg_temp.h(g, 4))::integer], pg_temp.h(g, 5) < 0.05,
       pg_temp.at(g / 1900.0), pg_temp.at(g / 1900.0)
FROM generate_series(1::bigint, 1900) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO protected_branches
SELECT g, CASE WHEN g % 40 > 0 THEN pg_temp.a_project(g, 1) END,
       CASE WHEN g % 40 = 0 THEN 1 + g % 7000 END,
       (ARRAY['main', 'main', 'release-*', 'stable', 'v*'])[1 + floor(5 * pg_temp.h(g, 2))::integer],
       pg_temp.h(g, 3) < 0.08, pg_temp.h(g, 4) < 0.1, pg_temp.at(g / 4300.0), pg_temp.at(g / 4300.0)
FROM generate_series(1::bigint, 4300) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO events
SELECT pg_temp.row_id(g, 20000, 100000),
       CASE WHEN pg_temp.h(g, 1) < 0.95 THEN pg_temp.a_project(g, 2) END,
       CASE WHEN pg_temp.h(g, 1) >= 0.97 THEN 1 + g % 7000 END,
       pg_temp.a_user(g, 3),
       (ARRAY[5, 5, 5, 1, 6, 7, 3, 8, 11])[1 + floor(9 * pg_temp.h(g, 4))::integer],
       CASE WHEN pg_temp.h(g, 4) >= 0.333333 THEN pg_temp.an_issue(g, 5) END,
       CASE WHEN pg_temp.h(g, 4) < 0.333333 THEN NULL WHEN pg_temp.h(g, 6) < 0.3 THEN 'Issue'
            WHEN pg_temp.h(g, 6) < 0.6 THEN 'MergeRequest' WHEN pg_temp.h(g, 6) < 0.7
            THEN 'WikiPage::Meta' ELSE 'Note' END,
       pg_temp.at(g / 64000.0) AT TIME ZONE 'UTC', pg_temp.at(g / 64000.0) AT TIME ZONE 'UTC'
FROM generate_series(1::bigint, 64000) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO push_event_payloads
SELECT id, 1 + floor(12 * power(pg_temp.h(id, 1), 4))::bigint, id % 3,
       CASE WHEN pg_temp.h(id, 2) < 0.9 THEN 0 ELSE 1 END, 'branch-' || id % 5000
FROM events WHERE action = 5;

INSERT INTO fork_networks
SELECT g, CASE WHEN pg_temp.h(g, 1) < 0.9 THEN pg_temp.a_project(g, 2) END,
       CASE WHEN pg_temp.h(g, 1) >= 0.9 THEN 'Gone ' || g END
FROM generate_series(1::bigint, 420) AS g;

INSERT INTO fork_network_members
SELECT g, 1 + floor(420 * power(pg_temp.h(g, 1), 2))::bigint, pg_temp.a_project(g, 2),
       CASE WHEN pg_temp.h(g, 3) < 0.7 THEN pg_temp.a_project(g, 4) END
FROM generate_series(1::bigint, 1800) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO lfs_objects
SELECT g, md5(g::text) || md5((g + 1)::text), floor(4e9 * power(pg_temp.h(g, 1), 9))::bigint,
       pg_temp.at(g / 3100.0), pg_temp.at(g / 3100.0)
FROM generate_series(1::bigint, 3100) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO lfs_objects_projects
SELECT g, 1 + floor(2900 * pg_temp.h(g, 1))::bigint, pg_temp.a_project(g, 2), g % 2,
       pg_temp.at(g / 4000.0), pg_temp.at(g / 4000.0)
FROM generate_series(1::bigint, 4000) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO remote_mirrors
SELECT g, pg_temp.a_project(g, 1), 'https://mirror.example/' || g, pg_temp.h(g, 2) < 0.8,
       pg_temp.h(g, 3) < 0.3,
       CASE WHEN pg_temp.h(g, 4) < 0.7 THEN pg_temp.at(1 - 0.01 * pg_temp.h(g, 5)) END,
       pg_temp.at(g / 360.0), pg_temp.at(g / 360.0)
FROM generate_series(1::bigint, 360) AS g;

INSERT INTO web_hooks
SELECT g, (ARRAY['ProjectHook', 'ProjectHook', 'GroupHook', 'ServiceHook', 'SystemHook'])
          [1 + floor(5 * pg_temp.h(g, 1))::integer],
       pg_temp.a_project(g, 2), NULL, pg_temp.h(g, 3) < 0.8, pg_temp.h(g, 4) < 0.9,
       CASE WHEN pg_temp.h(g, 5) < 0.15 THEN 1 + g % 60 ELSE 0 END,
       pg_temp.at(g / 1900.0), pg_temp.at(g / 1900.0)
FROM generate_series(1::bigint, 1900) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO integrations
SELECT g, 'Integrations::' || (ARRAY['Slack', 'Jira', 'Jenkins', 'EmailsOnPush', 'Prometheus'])
                              [1 + floor(5 * pg_temp.h(g, 1))::integer],
       CASE WHEN g % 25 > 1 THEN pg_temp.a_project(g, 2) END,
       CASE WHEN g % 25 = 1 THEN 1 + g % 7000 END, g % 25 = 0,
       pg_temp.h(g, 3) < 0.8, CASE WHEN pg_temp.h(g, 4) < 0.3 THEN (g / 25) * 25 END,
       pg_temp.at(g / 3300.0), pg_temp.at(g / 3300.0)
FROM generate_series(1::bigint, 3300) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO ci_pipelines
SELECT pg_temp.row_id(g, 6000, 14000), pg_temp.a_project(g, 1),
       CASE WHEN pg_temp.h(g, 2) < 0.97 THEN pg_temp.a_user(g, 3) END,
       CASE WHEN pg_temp.h(g, 4) < 0.3 THEN pg_temp.a_merge_request(g, 5) END, (g % 9000)::integer,
       CASE WHEN pg_temp.h(g, 6) < 0.5 THEN 'main' ELSE 'branch-' || g % 4000 END,
       CASE WHEN pg_temp.h(g, 7) < 0.97 THEN pg_temp.h(g, 7) < 0.04 END,
       (ARRAY['success', 'success', 'success', 'failed', 'canceled', 'skipped', 'running'])
       [1 + floor(7 * pg_temp.h(g, 8))::integer],
       CASE WHEN pg_temp.h(g, 4) < 0.3 THEN 10 ELSE
            (ARRAY[1, 1, 1, 2, 3, 4, 5, 7])[1 + floor(8 * pg_temp.h(g, 9))::integer] END,
       (ARRAY[1, 1, 1, 1, 2, 5, NULL])[1 + floor(7 * pg_temp.h(g, 10))::integer],
       CASE WHEN pg_temp.h(g, 11) < 0.05 THEN 1 + g % 4 END,
       CASE WHEN pg_temp.h(g, 12) < 0.85 THEN 10 + floor(7200 * power(pg_temp.h(g, 13), 3))::integer
            END,
       pg_temp.after(pg_temp.at(g / 26000.0), 0.001),
       CASE WHEN pg_temp.h(g, 12) < 0.85 THEN pg_temp.after(pg_temp.at(g / 26000.0), 0.05) END,
       pg_temp.at(g / 26000.0), pg_temp.after(pg_temp.at(g / 26000.0), 0.05)
FROM generate_series(1::bigint, 26000) AS g WHERE pg_temp.h(g, 0) < 0.96;

INSERT INTO ci_builds
SELECT pg_temp.row_id(g, 18000, 45000), pg_temp.a_pipeline(g, 1), pg_temp.a_project(g, 2),
       CASE WHEN pg_temp.h(g, 3) < 0.9 THEN 1 + floor(330 * power(pg_temp.h(g, 4), 2))::bigint END,
       CASE WHEN pg_temp.h(g, 5) < 0.95 THEN pg_temp.a_user(g, 6) END,
       CASE WHEN pg_temp.h(g, 7) < 0.93 THEN 'Ci::Build' WHEN pg_temp.h(g, 7) < 0.98
            THEN 'Ci::Bridge' ELSE 'GenericCommitStatus' END,
       (ARRAY['rspec', 'lint', 'compile', 'deploy', 'pages'])[1 + floor(5 * pg_temp.h(g, 8))::integer],
       (ARRAY['success', 'success', 'success', 'success', 'failed', 'canceled', 'manual', 'created'])
       [1 + floor(8 * pg_temp.h(g, 9))::integer],
       pg_temp.h(g, 10) < 0.12, CASE WHEN pg_temp.h(g, 11) < 0.7 THEN pg_temp.h(g, 11) < 0.05 END,
       CASE WHEN pg_temp.h(g, 12) < 0.08 THEN round((100 * pg_temp.h(g, 13))::numeric, 2)::float8 END,
       CASE WHEN pg_temp.h(g, 14) < 0.1 THEN g % 7 END,
       pg_temp.after(pg_temp.at(g / 76000.0), 0.001),
       CASE WHEN pg_temp.h(g, 15) < 0.9
            THEN pg_temp.after(pg_temp.at(g / 76000.0), 0.01 * pg_temp.h(g, 16)) END,
       CASE WHEN pg_temp.h(g, 15) < 0.88
            THEN pg_temp.after(pg_temp.at(g / 76000.0), 0.01 + 0.1 * pg_temp.h(g, 17)) END,
       pg_temp.at(g / 76000.0), pg_temp.after(pg_temp.at(g / 76000.0), 0.1)
FROM generate_series(1::bigint, 76000) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO ci_job_artifacts
SELECT g, pg_temp.a_project(g, 1),
       pg_temp.row_id(1 + floor(76000 * pg_temp.h(g, 2))::bigint, 18000, 45000), 1 + g % 9,
       CASE WHEN pg_temp.h(g, 3) < 0.98 THEN floor(5e8 * power(pg_temp.h(g, 4), 6))::bigint END,
       CASE WHEN pg_temp.h(g, 5) < 0.85
            THEN (pg_temp.at(g / 16000.0) + interval '30 days') AT TIME ZONE 'UTC' END,
       pg_temp.at(g / 16000.0) AT TIME ZONE 'UTC', pg_temp.at(g / 16000.0) AT TIME ZONE 'UTC'
FROM generate_series(1::bigint, 16000) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO ci_runners
SELECT g, CASE WHEN pg_temp.h(g, 1) < 0.5 THEN pg_temp.a_user(g, 2) END,
       1 + floor(3 * pg_temp.h(g, 3))::integer, pg_temp.h(g, 4) < 0.85, pg_temp.h(g, 5) < 0.1,
       pg_temp.h(g, 6) < 0.6, CASE WHEN pg_temp.h(g, 7) < 0.3 THEN 600 * (1 + g % 40)::integer END,
       CASE WHEN pg_temp.h(g, 8) < 0.8
            THEN pg_temp.at(1 - (1 - g / 330.0) * power(pg_temp.h(g, 9), 4)) END,
       pg_temp.at(g / 330.0), pg_temp.at(g / 330.0)
FROM generate_series(1::bigint, 330) AS g WHERE pg_temp.h(g, 0) < 0.93;

INSERT INTO ci_pipeline_schedules
SELECT g, pg_temp.a_project(g, 1), CASE WHEN pg_temp.h(g, 2) < 0.95 THEN pg_temp.a_user(g, 3) END,
       'Schedule ' || g, (ARRAY['0 3 * * *', '*/30 * * * *', '0 0 * * 0'])[1 + g % 3],
       pg_temp.h(g, 4) < 0.7,
       CASE WHEN pg_temp.h(g, 4) < 0.7 THEN (now() AT TIME ZONE 'UTC') + interval '1 day' * (g % 9) END,
       pg_temp.at(g / 480.0), pg_temp.at(g / 480.0)
FROM generate_series(1::bigint, 480) AS g;

INSERT INTO ci_triggers
SELECT g, pg_temp.a_project(g, 1), pg_temp.a_user(g, 2), 'Trigger ' || g,
       CASE WHEN pg_temp.h(g, 3) < 0.5
            THEN (pg_temp.at(g / 290.0) + interval '300 days') AT TIME ZONE 'UTC' END,
       pg_temp.at(g / 290.0), pg_temp.at(g / 290.0)
FROM generate_series(1::bigint, 290) AS g;

INSERT INTO ci_variables
SELECT g, pg_temp.a_project(g, 1), 'VARIABLE_' || g % 900, pg_temp.h(g, 2) < 0.4,
       pg_temp.h(g, 3) < 0.5, CASE WHEN pg_temp.h(g, 4) < 0.8 THEN '*' ELSE 'production' END,
       CASE WHEN pg_temp.h(g, 5) < 0.9 THEN 1 ELSE 2 END
FROM generate_series(1::bigint, 4800) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO releases
SELECT g, pg_temp.a_project(g, 1), CASE WHEN pg_temp.h(g, 2) < 0.9 THEN pg_temp.a_user(g, 3) END,
       'v' || g / 10 || '.' || g % 10, CASE WHEN pg_temp.h(g, 4) < 0.7 THEN 'Release ' || g END,
       pg_temp.at(g / 1300.0) + CASE WHEN pg_temp.h(g, 5) < 0.05 THEN interval '20 days'
                                     ELSE interval '0' END,
       pg_temp.at(g / 1300.0), pg_temp.at(g / 1300.0)
FROM generate_series(1::bigint, 1300) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO environments
SELECT g, pg_temp.a_project(g, 1), (ARRAY['production', 'staging', 'review/', 'test'])[1 + g % 4] || g,
       CASE WHEN pg_temp.h(g, 2) < 0.6 THEN 'available' ELSE 'stopped' END,
       CASE WHEN pg_temp.h(g, 3) < 0.95 THEN g % 4 END,
       CASE WHEN pg_temp.h(g, 4) < 0.5 THEN 'https://env' || g || '.example' END,
       CASE WHEN pg_temp.h(g, 5) < 0.2
            THEN (pg_temp.at(g / 3200.0) + interval '7 days') AT TIME ZONE 'UTC' END,
       pg_temp.at(g / 3200.0), pg_temp.at(g / 3200.0)
FROM generate_series(1::bigint, 3200) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO deployments
SELECT g, pg_temp.a_project(g, 1), 1 + floor(3200 * power(pg_temp.h(g, 2), 1.7))::bigint,
       CASE WHEN pg_temp.h(g, 3) < 0.98 THEN pg_temp.a_user(g, 4) END, (g % 3000)::integer, 'main',
       (ARRAY[2, 2, 2, 3, 1, 4])[1 + floor(6 * pg_temp.h(g, 5))::integer],
       CASE WHEN pg_temp.h(g, 6) < 0.85
            THEN pg_temp.after(pg_temp.at(g / 21000.0), 0.1) AT TIME ZONE 'UTC' END,
       pg_temp.at(g / 21000.0), pg_temp.after(pg_temp.at(g / 21000.0), 0.1)
FROM generate_series(1::bigint, 21000) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO deploy_tokens
SELECT g, 'deploy token ' || g, 1 + g % 2, CASE WHEN pg_temp.h(g, 1) < 0.9 THEN pg_temp.h(g, 1) < 0.2 END,
       CASE WHEN pg_temp.h(g, 2) < 0.5 THEN timestamptz '3000-01-01 00:00:00+00'
            ELSE (pg_temp.at(g / 340.0) + interval '500 days') AT TIME ZONE 'UTC' END,
       pg_temp.at(g / 340.0) AT TIME ZONE 'UTC'
FROM generate_series(1::bigint, 340) AS g;

INSERT INTO pages_domains
SELECT g, pg_temp.a_project(g, 1), 'pages' || g || '.example',
       CASE WHEN pg_temp.h(g, 2) < 0.8 THEN pg_temp.at(g / 90.0) AT TIME ZONE 'UTC' END,
       pg_temp.h(g, 3) < 0.6
FROM generate_series(1::bigint, 90) AS g;

INSERT INTO operations_feature_flags
SELECT g, pg_temp.a_project(g, 1), (g % 90)::integer, 'flag_' || g, pg_temp.h(g, 2) < 0.7,
       pg_temp.at(g / 620.0) AT TIME ZONE 'UTC', pg_temp.at(g / 620.0) AT TIME ZONE 'UTC'
FROM generate_series(1::bigint, 620) AS g;

INSERT INTO terraform_states
SELECT g, pg_temp.a_project(g, 1), 'state-' || g,
       CASE WHEN pg_temp.h(g, 2) < 0.05 THEN pg_temp.at(g / 210.0) AT TIME ZONE 'UTC' END,
       pg_temp.at(g / 210.0) AT TIME ZONE 'UTC', pg_temp.at(g / 210.0) AT TIME ZONE 'UTC'
FROM generate_series(1::bigint, 210) AS g;

INSERT INTO cluster_agents
SELECT g, pg_temp.a_project(g, 1), CASE WHEN g % 9 > 0 THEN pg_temp.a_user(g, 2) END, 'agent-' || g,
       pg_temp.at(g / 130.0) AT TIME ZONE 'UTC', pg_temp.at(g / 130.0) AT TIME ZONE 'UTC'
FROM generate_series(1::bigint, 130) AS g;

INSERT INTO cluster_agent_tokens
SELECT g, 1 + floor(140 * pg_temp.h(g, 1))::bigint, CASE WHEN pg_temp.h(g, 2) < 0.2 THEN 1 ELSE 0 END,
       CASE WHEN pg_temp.h(g, 3) < 0.7 THEN pg_temp.at(1 - 0.2 * pg_temp.h(g, 4)) AT TIME ZONE 'UTC' END,
       pg_temp.at(g / 260.0) AT TIME ZONE 'UTC', pg_temp.at(g / 260.0) AT TIME ZONE 'UTC'
FROM generate_series(1::bigint, 260) AS g;

INSERT INTO alert_management_alerts
SELECT g, pg_temp.a_project(g, 1), CASE WHEN pg_temp.h(g, 2) < 0.3 THEN pg_temp.an_issue(g, 3) END,
       g % 6, g % 4, 1 + floor(200 * power(pg_temp.h(g, 4), 6))::integer,
       pg_temp.at(g / 2300.0) AT TIME ZONE 'UTC',
       CASE WHEN g % 4 > 1 THEN pg_temp.after(pg_temp.at(g / 2300.0), 1) AT TIME ZONE 'UTC' END,
       pg_temp.at(g / 2300.0) AT TIME ZONE 'UTC', pg_temp.at(g / 2300.0) AT TIME ZONE 'UTC'
FROM generate_series(1::bigint, 2300) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO packages_packages
SELECT pg_temp.row_id(g, 900, 2000), pg_temp.a_project(g, 1),
       CASE WHEN pg_temp.h(g, 2) < 0.9 THEN pg_temp.a_user(g, 3) END, 'package-' || g % 600,
       CASE WHEN pg_temp.h(g, 4) < 0.97 THEN g % 40 || '.' || g % 7 || '.0' END,
       (ARRAY[1, 2, 2, 2, 4, 5, 7, 11])[1 + floor(8 * pg_temp.h(g, 5))::integer],
       CASE WHEN pg_temp.h(g, 6) < 0.92 THEN 0 ELSE 1 + g % 4 END,
       CASE WHEN pg_temp.h(g, 7) < 0.6
            THEN pg_temp.after(pg_temp.at(g / 2900.0), 200 * pg_temp.h(g, 8)) AT TIME ZONE 'UTC' END,
       pg_temp.at(g / 2900.0) AT TIME ZONE 'UTC', pg_temp.at(g / 2900.0) AT TIME ZONE 'UTC'
FROM generate_series(1::bigint, 2900) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO packages_package_files
SELECT g, pg_temp.row_id(1 + floor(2900 * pg_temp.h(g, 1))::bigint, 900, 2000), 'file-' || g || '.tgz',
       CASE WHEN pg_temp.h(g, 2) < 0.97 THEN floor(3e8 * power(pg_temp.h(g, 3), 5))::bigint END,
       pg_temp.at(g / 7400.0) AT TIME ZONE 'UTC', pg_temp.at(g / 7400.0) AT TIME ZONE 'UTC'
FROM generate_series(1::bigint, 7400) AS g WHERE pg_temp.h(g, 0) < 0.95;

INSERT INTO container_repositories
SELECT g, pg_temp.a_project(g, 1), 'image-' || g, CASE WHEN g % 30 = 0 THEN 0 END,
       CASE WHEN pg_temp.h(g, 2) < 0.35 THEN pg_temp.at(1 - 0.02 * pg_temp.h(g, 3)) AT TIME ZONE 'UTC' END,
       pg_temp.at(g / 1100.0), pg_temp.at(g / 1100.0)
FROM generate_series(1::bigint, 1100) AS g WHERE pg_temp.h(g, 0) < 0.95;

-- Every tenth finding was imported twice under the same uuid.
INSERT INTO vulnerability_reads
SELECT g, g * 3, pg_temp.a_project(g, 1),
       md5('finding ' || CASE WHEN g % 10 = 0 THEN g - 1 ELSE g END)::uuid,
       (ARRAY[0, 1, 1, 4, 7])[1 + floor(5 * pg_temp.h(g, 2))::integer],
       (ARRAY[1, 2, 4, 5, 6, 7])[1 + floor(6 * pg_temp.h(g, 3))::integer],
       (ARRAY[1, 1, 2, 3, 4])[1 + floor(5 * pg_temp.h(g, 4))::integer], pg_temp.h(g, 5) < 0.1
FROM generate_series(1::bigint, 4100) AS g WHERE pg_temp.h(g, 0) < 0.97;

INSERT INTO audit_events
SELECT g, CASE WHEN pg_temp.h(g, 1) < 0.05 THEN -1 ELSE pg_temp.a_user(g, 2) END,
       pg_temp.a_project(g, 3), CASE WHEN pg_temp.h(g, 4) < 0.6 THEN 'Project' ELSE 'User' END,
       CASE WHEN pg_temp.h(g, 5) < 0.8 THEN 'User ' || g % 300 END, '{}', pg_temp.at(g / 30000.0)
FROM generate_series(1::bigint, 30000) AS g WHERE pg_temp.h(g, 0) < 0.97;

-- Indexes as GitLab has them: created_at alone is the exception, not the rule.
CREATE UNIQUE INDEX index_users_on_email ON users (email);
CREATE INDEX index_users_on_created_at ON users (created_at);
CREATE INDEX index_users_on_user_type ON users (user_type, id);
CREATE INDEX index_identities_on_user_id ON identities (user_id);
CREATE INDEX index_emails_on_user_id ON emails (user_id);
CREATE INDEX index_keys_on_user_id ON keys (user_id);
CREATE INDEX index_pats_on_user_id ON personal_access_tokens (user_id);
CREATE INDEX index_namespaces_on_parent_id ON namespaces (parent_id, id);
CREATE INDEX index_namespaces_on_owner_id ON namespaces (owner_id);
CREATE INDEX index_projects_on_creator_id ON projects (creator_id, created_at, id);
CREATE INDEX index_projects_on_namespace_id ON projects (namespace_id, id);
CREATE INDEX index_projects_on_last_activity_at ON projects (last_activity_at, id);
CREATE UNIQUE INDEX index_project_features_on_project_id ON project_features (project_id);
CREATE UNIQUE INDEX index_project_statistics_on_project_id ON project_statistics (project_id);
CREATE INDEX index_members_on_user_id ON members (user_id, created_at);
CREATE INDEX index_members_on_source ON members (source_id, source_type);
CREATE INDEX index_issues_on_author_id ON issues (author_id, id, created_at);
CREATE INDEX index_issues_on_project_id ON issues (project_id, iid);
CREATE INDEX index_issues_on_created_at ON issues (created_at);
CREATE INDEX index_issues_on_closed_by_id ON issues (closed_by_id);
CREATE INDEX index_issues_on_moved_to_id ON issues (moved_to_id) WHERE moved_to_id IS NOT NULL;
CREATE INDEX index_issue_assignees_on_user_id ON issue_assignees (user_id, issue_id);
CREATE INDEX index_issue_links_on_target_id ON issue_links (target_id);
CREATE INDEX index_labels_on_project_id ON labels (project_id);
CREATE INDEX index_label_links_on_label_id ON label_links (label_id, target_type);
CREATE INDEX index_label_links_on_target ON label_links (target_id, label_id, target_type);
CREATE INDEX index_milestones_on_project_id ON milestones (project_id);
CREATE INDEX index_boards_on_project_id ON boards (project_id);
CREATE INDEX index_lists_on_board_id ON lists (board_id);
CREATE INDEX index_todos_on_user_id ON todos (user_id, state, id);
CREATE INDEX index_timelogs_on_spent_at ON timelogs (spent_at);
CREATE INDEX index_award_emoji_on_awardable ON award_emoji (awardable_type, awardable_id);
CREATE INDEX index_award_emoji_on_user_id ON award_emoji (user_id);
CREATE INDEX index_merge_requests_on_author_id ON merge_requests (author_id, created_at);
CREATE INDEX index_merge_requests_on_created_at ON merge_requests (created_at);
CREATE INDEX index_merge_requests_on_target_project_id ON merge_requests (target_project_id, iid);
CREATE INDEX index_mr_metrics_on_merge_request_id ON merge_request_metrics (merge_request_id);
CREATE INDEX index_mr_metrics_on_merged_at ON merge_request_metrics (merged_at);
CREATE INDEX index_mr_reviewers_on_merge_request_id ON merge_request_reviewers (merge_request_id);
CREATE INDEX index_approvals_on_merge_request_id ON approvals (merge_request_id, created_at);
CREATE INDEX index_notes_on_author_id ON notes (author_id, created_at, id);
CREATE INDEX index_notes_on_created_at ON notes (created_at);
CREATE INDEX index_notes_on_noteable ON notes (noteable_id, noteable_type);
CREATE INDEX index_suggestions_on_note_id ON suggestions (note_id, relative_order);
CREATE INDEX index_snippets_on_author_id ON snippets (author_id);
CREATE INDEX index_snippets_on_created_at ON snippets (created_at);
CREATE INDEX index_protected_branches_on_project_id ON protected_branches (project_id);
CREATE INDEX index_events_on_author_id ON events (author_id, created_at);
CREATE INDEX index_events_on_created_at ON events (created_at, id);
CREATE INDEX index_events_on_project_id ON events (project_id, id);
CREATE INDEX index_fork_network_members_on_network ON fork_network_members (fork_network_id);
CREATE UNIQUE INDEX index_lfs_objects_on_oid ON lfs_objects (oid);
CREATE INDEX index_lfs_objects_projects_on_lfs_object_id ON lfs_objects_projects (lfs_object_id);
CREATE INDEX index_web_hooks_on_project_id ON web_hooks (project_id);
CREATE INDEX index_integrations_on_project_id ON integrations (project_id, type_new);
CREATE INDEX index_ci_pipelines_on_project_id ON ci_pipelines (project_id, status, created_at);
CREATE INDEX index_ci_pipelines_on_user_id ON ci_pipelines (user_id, created_at, config_source);
CREATE INDEX index_ci_builds_on_commit_id ON ci_builds (commit_id, status);
CREATE INDEX index_ci_builds_on_user_id_created_at ON ci_builds (user_id, created_at)
    WHERE type = 'Ci::Build';
CREATE INDEX index_ci_builds_on_runner_id ON ci_builds (runner_id, id);
CREATE INDEX index_ci_job_artifacts_on_job_id ON ci_job_artifacts (job_id, file_type);
CREATE INDEX index_ci_runners_on_contacted_at ON ci_runners (contacted_at, id);
CREATE INDEX index_releases_on_project_id ON releases (project_id, released_at);
CREATE INDEX index_environments_on_project_id ON environments (project_id, tier);
CREATE INDEX index_deployments_on_created_at ON deployments (created_at);
CREATE INDEX index_deployments_on_environment_id ON deployments (environment_id, status);
CREATE INDEX index_packages_on_project_id ON packages_packages (project_id, package_type);
CREATE INDEX index_package_files_on_package_id ON packages_package_files (package_id);
CREATE INDEX index_vulnerability_reads_on_uuid ON vulnerability_reads (uuid);
CREATE INDEX index_audit_events_on_created_at ON audit_events (created_at, author_id);

COMMIT;
ANALYZE;
