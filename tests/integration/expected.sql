-- A second opinion on the numbers of the sample instance: for every metric of the database source
-- one block, `-- key: KEY_PATH` and one statement that gives one value. Written by hand from what
-- the descriptions say, and another way than the definitions' SQL where that is natural (an EXISTS
-- for a join, an EXCEPT for a NOT IN), so that both can hardly be wrong in the same way.
--
-- :'recorded_at' is the time of the run in UTC, '2026-11-21 12:00:00.123456+00'; read as timestamp
-- it loses the zone; read as timestamptz it keeps it, or has the session's, which is set below.
-- Seven days are those from 9 to 2 days before, 28 days those from 30 to 2 days before, both ends
-- counted in; a date column is compared with the dates of these ends.
--
-- The test compares whole numbers exactly. Averages alone (keys with `_average`) are compared as
-- numeric with a relative tolerance of 1e-9. NULL stands for an average of no rows.
-- Estimates are expected to be exact: that is what the agent does unless asked for GitLab's.
SET TIME ZONE 'UTC';

-- key: counts.issues_weekly
SELECT count(id) FROM issues
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.issues_monthly
SELECT count(id) FROM issues
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.issues
SELECT count(id) FROM issues;

-- key: counts.issues_closed_weekly
SELECT count(CASE WHEN state_id = 2 THEN closed_at END) FROM issues
  WHERE closed_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.issues_closed_monthly
SELECT count(CASE WHEN state_id = 2 THEN closed_at END) FROM issues
  WHERE closed_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.issues_closed
SELECT count(CASE WHEN state_id = 2 THEN closed_at END) FROM issues;

-- key: counts.issues_confidential_open
SELECT count(*) FROM issues WHERE NOT (confidential IS FALSE OR state_id <> 1);

-- key: counts.issues_closed_late
SELECT count(*) FROM issues WHERE closed_at >= due_date + interval '1 day';

-- key: counts.issues_moved
SELECT count(*) FROM issues WHERE moved_to_id IS NOT NULL;

-- key: counts.issues_weight_sum_monthly
SELECT coalesce(sum(weight::bigint * rows_with_it), 0)
FROM (SELECT weight, count(*) AS rows_with_it FROM issues
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY weight) AS w;

-- key: counts.issues_weight_sum
SELECT coalesce(sum(weight::bigint * rows_with_it), 0)
FROM (SELECT weight, count(*) AS rows_with_it FROM issues GROUP BY weight) AS w;

-- key: counts.issues_weight_average
SELECT sum(weight)::numeric / nullif(count(weight), 0) FROM issues
WHERE CASE WHEN weight > 0 THEN state_id = 1 END;

-- key: counts.issues_time_estimate_sum
SELECT coalesce(sum(CASE WHEN state_id = 1 AND milestone_id IS NOT NULL THEN time_estimate END), 0)
FROM issues;

-- key: usage_activity_by_stage.plan.users_creating_issues_weekly
SELECT count(*) FROM (SELECT author_id FROM issues WHERE author_id IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days'
  GROUP BY author_id) AS authors;

-- key: usage_activity_by_stage.plan.users_creating_issues_monthly
SELECT count(*) FROM (SELECT author_id FROM issues WHERE author_id IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days'
  GROUP BY author_id) AS authors;

-- key: usage_activity_by_stage.plan.users_creating_issues
SELECT count(*) FROM (SELECT author_id FROM issues WHERE author_id IS NOT NULL
  GROUP BY author_id) AS authors;

-- key: usage_activity_by_stage.plan.projects_with_issues_by_people
SELECT count(*) FROM (SELECT DISTINCT issues.project_id FROM issues
  JOIN users ON users.id = issues.author_id AND users.user_type = 0
  WHERE issues.project_id IS NOT NULL) AS written;

-- key: counts.issues_without_labels
SELECT count(*) FROM issues
WHERE id NOT IN (SELECT target_id FROM label_links
                 WHERE target_type = 'Issue' AND target_id IS NOT NULL);

-- key: counts.issues_created_by_bots_monthly
SELECT count(*) FROM issues
WHERE author_id IN (SELECT id FROM users WHERE user_type <> 0)
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.issues_created_by_bots
SELECT count(*) FROM issues
WHERE author_id IN (SELECT id FROM users WHERE user_type <> 0);

-- key: counts.issue_assignments
SELECT count(*) FROM (SELECT issue_id, user_id FROM issue_assignees
  GROUP BY issue_id, user_id) AS pairs;

-- key: usage_activity_by_stage.plan.users_assigned_to_open_issues
SELECT count(*) FROM (SELECT DISTINCT user_id FROM issue_assignees AS assigned
  WHERE EXISTS (SELECT 1 FROM issues
                WHERE issues.id = assigned.issue_id AND issues.state_id = 1)) AS users;

-- key: counts.issues_edited_by_others_monthly
SELECT count(*) FROM issues
WHERE last_edited_by_id IS NOT NULL AND (author_id IS NULL OR author_id <> last_edited_by_id)
  AND last_edited_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.issues_edited_by_others
SELECT count(*) FROM issues
WHERE last_edited_by_id IS NOT NULL AND (author_id IS NULL OR author_id <> last_edited_by_id);

-- key: counts.issues_from_service_desk_weekly
SELECT count(*) FROM issues WHERE position('@' in service_desk_reply_to) > 0
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.issues_from_service_desk_monthly
SELECT count(*) FROM issues WHERE position('@' in service_desk_reply_to) > 0
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.issues_from_service_desk
SELECT count(*) FROM issues WHERE position('@' in service_desk_reply_to) > 0;

-- key: counts.service_desk_customers
SELECT count(*) FROM (SELECT service_desk_reply_to FROM issues
  WHERE service_desk_reply_to IS NOT NULL GROUP BY 1) AS customers;

-- key: counts.issue_links_blocking
SELECT count(*) FILTER (WHERE link_type = 1) FROM issue_links;

-- key: counts.issue_links_across_projects
SELECT count(*) FROM issue_links AS link
JOIN issues AS here ON here.id = link.source_id
JOIN issues AS there ON there.id = link.target_id
WHERE here.project_id <> there.project_id;

-- key: counts.labels_monthly
SELECT count(id) FROM labels
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.labels
SELECT count(id) FROM labels;

-- key: counts.labels_scoped
SELECT count(*) FROM labels WHERE strpos(title, '::') > 0;

-- key: counts.labels_never_used
SELECT count(*) FROM labels WHERE NOT EXISTS
  (SELECT 1 FROM label_links WHERE label_links.label_id = labels.id);

-- key: counts.merge_request_labels_weekly
SELECT count(*) FILTER (WHERE target_type = 'MergeRequest') FROM label_links
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.merge_request_labels_monthly
SELECT count(*) FILTER (WHERE target_type = 'MergeRequest') FROM label_links
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.merge_request_labels
SELECT count(*) FILTER (WHERE target_type = 'MergeRequest') FROM label_links;

-- key: counts.group_labels_on_issues_monthly
SELECT count(*) FROM label_links
WHERE label_id IN (SELECT id FROM labels WHERE type = 'GroupLabel') AND target_type = 'Issue'
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.group_labels_on_issues
SELECT count(*) FROM label_links
WHERE label_id IN (SELECT id FROM labels WHERE type = 'GroupLabel') AND target_type = 'Issue';

-- key: counts.milestones_monthly
SELECT count(id) FROM milestones
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.milestones
SELECT count(id) FROM milestones;

-- key: counts.milestones_closed_with_dates
SELECT count(due_date - start_date) FROM milestones WHERE state = 'closed';

-- key: counts.milestones_without_issues
SELECT count(*) FROM (SELECT id FROM milestones EXCEPT SELECT milestone_id FROM issues
  EXCEPT SELECT milestone_id FROM merge_requests) AS unused;

-- key: usage_activity_by_stage.plan.projects_with_milestones
SELECT count(*) FROM (SELECT project_id FROM milestones WHERE project_id IS NOT NULL
  GROUP BY project_id) AS projects;

-- key: counts.boards_monthly
SELECT count(id) FROM boards
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.boards
SELECT count(id) FROM boards;

-- key: counts.group_board_lists
SELECT count(*) FROM lists
WHERE EXISTS (SELECT 1 FROM boards WHERE boards.id = board_id AND boards.group_id IS NOT NULL);

-- key: counts.boards_with_label_lists
SELECT count(*) FROM (SELECT board_id FROM lists GROUP BY board_id
  HAVING bool_or(list_type = 1)) AS boards;

-- key: counts.board_list_limit_average
SELECT avg(nullif(greatest(max_issue_count, 0), 0)::numeric) FROM lists;

-- key: counts.todos_weekly
SELECT count(id) FROM todos
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.todos_monthly
SELECT count(id) FROM todos
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.todos
SELECT count(id) FROM todos;

-- key: counts.todos_pending_of_active_users
SELECT count(*) FROM todos
WHERE state = 'pending' AND user_id IN (SELECT id FROM users WHERE state = 'active');

-- key: usage_activity_by_stage_monthly.plan.users_finishing_todos
SELECT count(*) FROM (SELECT user_id FROM todos WHERE state = 'done'
  AND updated_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days'
  GROUP BY user_id) AS finishers;

-- key: counts.time_spent_sum_monthly
SELECT coalesce(sum(time_spent) FILTER (WHERE time_spent > 0), 0)
     - coalesce(sum(-time_spent) FILTER (WHERE time_spent < 0), 0) FROM timelogs
  WHERE spent_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.time_spent_sum
SELECT coalesce(sum(time_spent) FILTER (WHERE time_spent > 0), 0)
     - coalesce(sum(-time_spent) FILTER (WHERE time_spent < 0), 0) FROM timelogs;

-- key: usage_activity_by_stage.plan.users_logging_time_monthly
SELECT count(*) FROM (SELECT user_id FROM timelogs
  WHERE user_id IS NOT NULL AND issue_id IS NOT NULL
  AND spent_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY 1) AS users;

-- key: usage_activity_by_stage.plan.users_logging_time
SELECT count(*) FROM (SELECT user_id FROM timelogs
  WHERE user_id IS NOT NULL AND issue_id IS NOT NULL GROUP BY 1) AS users;

-- key: counts.designs
SELECT count(issue_id) FROM design_management_designs;

-- key: counts.award_emoji_weekly
SELECT count(id) FROM award_emoji
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.award_emoji_monthly
SELECT count(id) FROM award_emoji
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.award_emoji
SELECT count(id) FROM award_emoji;

-- key: usage_activity_by_stage.plan.users_reacting_to_issues_monthly
SELECT count(*) FROM (SELECT user_id FROM award_emoji
  WHERE awardable_type = 'Issue' AND user_id IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY 1) AS users;

-- key: usage_activity_by_stage.plan.users_reacting_to_issues
SELECT count(*) FROM (SELECT user_id FROM award_emoji
  WHERE awardable_type = 'Issue' AND user_id IS NOT NULL GROUP BY 1) AS users;

-- key: counts.award_emoji_popular
SELECT count(DISTINCT name) FROM award_emoji AS one
WHERE (SELECT count(*) FROM award_emoji AS other WHERE other.name = one.name) > 1500
  AND one.id IN (SELECT min(id) FROM award_emoji GROUP BY name);

-- key: counts.alerts_weekly
SELECT count(id) FROM alert_management_alerts
  WHERE created_at BETWEEN :'recorded_at'::timestamptz - interval '9 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: counts.alerts_monthly
SELECT count(id) FROM alert_management_alerts
  WHERE created_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: counts.alerts
SELECT count(id) FROM alert_management_alerts;

-- key: counts.alert_events_sum
SELECT coalesce(sum(events * alerts), 0)
FROM (SELECT events, count(*) AS alerts FROM alert_management_alerts GROUP BY events) AS a;

-- key: counts.alerts_with_open_issue
SELECT count(*) FROM alert_management_alerts AS alert
JOIN issues ON issues.id = alert.issue_id WHERE issues.state_id = 1;

-- key: counts.merge_requests_weekly
SELECT count(id) FROM merge_requests
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.merge_requests_monthly
SELECT count(id) FROM merge_requests
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.merge_requests
SELECT count(id) FROM merge_requests;

-- key: counts.merge_requests_merged_weekly
SELECT count(merged_at) FROM merge_request_metrics
  WHERE merged_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.merge_requests_merged_monthly
SELECT count(merged_at) FROM merge_request_metrics
  WHERE merged_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.merge_requests_merged
SELECT count(merged_at) FROM merge_request_metrics;

-- key: counts.merge_requests_draft_open
SELECT count(*) FILTER (WHERE draft) FROM merge_requests WHERE state_id = 1;

-- key: counts.merge_requests_from_forks_monthly
SELECT count(nullif(source_project_id, target_project_id)) FROM merge_requests
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.merge_requests_from_forks
SELECT count(nullif(source_project_id, target_project_id)) FROM merge_requests;

-- key: counts.merge_requests_in_fast_forward_projects_monthly
SELECT count(*) FROM merge_requests WHERE target_project_id IN
  (SELECT id FROM projects WHERE merge_requests_ff_only_enabled)
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.merge_requests_in_fast_forward_projects
SELECT count(*) FROM merge_requests WHERE target_project_id IN
  (SELECT id FROM projects WHERE merge_requests_ff_only_enabled);

-- key: counts.merge_requests_open_with_failed_pipeline
SELECT count(*) FROM merge_requests
WHERE head_pipeline_id IN (SELECT id FROM ci_pipelines WHERE status = 'failed') AND state_id = 1;

-- key: usage_activity_by_stage.create.users_creating_merge_requests_weekly
SELECT count(*) FROM (SELECT author_id FROM merge_requests
  WHERE author_id IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY author_id) AS authors;

-- key: usage_activity_by_stage.create.users_creating_merge_requests_monthly
SELECT count(*) FROM (SELECT author_id FROM merge_requests
  WHERE author_id IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY author_id) AS authors;

-- key: usage_activity_by_stage.create.users_creating_merge_requests
SELECT count(*) FROM (SELECT author_id FROM merge_requests
  WHERE author_id IS NOT NULL GROUP BY author_id) AS authors;

-- key: usage_activity_by_stage_monthly.create.users_merging
SELECT count(*) FROM (SELECT merged_by_id FROM merge_request_metrics
  WHERE merged_by_id IS NOT NULL
  AND merged_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY 1) AS users;

-- key: counts.merge_requests_with_reviewers
SELECT count(*) FROM (SELECT merge_request_id FROM merge_request_reviewers GROUP BY 1) AS reviewed;

-- key: counts.reviews_by_others_monthly
SELECT count(*) FROM merge_request_reviewers AS reviewer
WHERE EXISTS (SELECT 1 FROM merge_requests AS reviewed WHERE reviewed.id = reviewer.merge_request_id
              AND (reviewed.author_id IS NULL OR reviewed.author_id <> reviewer.user_id))
  AND created_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: counts.reviews_by_others
SELECT count(*) FROM merge_request_reviewers AS reviewer
WHERE EXISTS (SELECT 1 FROM merge_requests AS reviewed WHERE reviewed.id = reviewer.merge_request_id
              AND (reviewed.author_id IS NULL OR reviewed.author_id <> reviewer.user_id));

-- key: counts.commits_per_merge_request_average_monthly
SELECT sum(commits_count)::numeric / nullif(count(commits_count), 0)
FROM merge_request_metrics
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.commits_per_merge_request_average
SELECT sum(commits_count)::numeric / nullif(count(commits_count), 0)
FROM merge_request_metrics;

-- key: counts_monthly.lines_added_by_merges
SELECT coalesce(sum(coalesce(added_lines, 0)), 0) FROM merge_request_metrics
  WHERE merged_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.hours_to_merge_median
SELECT floor(avg(seconds) / 3600) FROM (
  SELECT extract(epoch FROM merged_at) - extract(epoch FROM created_at) AS seconds,
         row_number() OVER (ORDER BY merged_at - created_at) AS place, count(*) OVER () AS merged
  FROM merge_request_metrics WHERE merged_at IS NOT NULL) AS taken
WHERE place IN ((merged + 1) / 2, merged / 2 + 1);

-- key: counts.approvals_weekly
SELECT count(id) FROM approvals
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.approvals_monthly
SELECT count(id) FROM approvals
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.approvals
SELECT count(id) FROM approvals;

-- key: counts.approvals_by_author
SELECT count(*) FROM approvals JOIN merge_requests
  ON merge_requests.id = approvals.merge_request_id
  AND merge_requests.author_id = approvals.user_id;

-- key: counts.notes_weekly
SELECT count(id) FROM notes
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.notes_monthly
SELECT count(id) FROM notes
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.notes
SELECT count(id) FROM notes;

-- key: counts.merge_request_notes_weekly
SELECT count(*) FILTER (WHERE system IS FALSE) FROM notes
WHERE noteable_type = 'MergeRequest'
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.merge_request_notes_monthly
SELECT count(*) FILTER (WHERE system IS FALSE) FROM notes
WHERE noteable_type = 'MergeRequest'
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.merge_request_notes
SELECT count(*) FILTER (WHERE system IS FALSE) FROM notes
WHERE noteable_type = 'MergeRequest';

-- key: counts.diff_notes_resolved_monthly
SELECT count(resolved_by_id) FROM notes WHERE type = 'DiffNote'
  AND resolved_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.diff_notes_resolved
SELECT count(resolved_by_id) FROM notes WHERE type = 'DiffNote';

-- key: usage_activity_by_stage.create.users_commenting_weekly
SELECT count(*) FROM (SELECT author_id FROM notes
  WHERE author_id IS NOT NULL AND system IS FALSE
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY author_id) AS authors;

-- key: usage_activity_by_stage.create.users_commenting_monthly
SELECT count(*) FROM (SELECT author_id FROM notes
  WHERE author_id IS NOT NULL AND system IS FALSE
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY author_id) AS authors;

-- key: usage_activity_by_stage.create.users_commenting
SELECT count(*) FROM (SELECT author_id FROM notes
  WHERE author_id IS NOT NULL AND system IS FALSE GROUP BY author_id) AS authors;

-- key: counts.notes_by_bots_monthly
SELECT count(*) FROM notes WHERE system IS FALSE
  AND author_id IN (SELECT id FROM users WHERE user_type <> 0)
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.notes_by_bots
SELECT count(*) FROM notes WHERE system IS FALSE
  AND author_id IN (SELECT id FROM users WHERE user_type <> 0);

-- key: counts.notes_internal
SELECT count(*) FROM notes WHERE internal OR confidential IS TRUE;

-- key: counts.discussions_monthly
SELECT count(*) FROM (SELECT discussion_id FROM notes
  WHERE discussion_id IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY 1) AS threads;

-- key: counts.discussions
SELECT count(*) FROM (SELECT discussion_id FROM notes
  WHERE discussion_id IS NOT NULL GROUP BY 1) AS threads;

-- key: counts.notes_without_author
SELECT count(*) FROM notes
WHERE NOT EXISTS (SELECT 1 FROM users WHERE users.id = notes.author_id);

-- key: counts.suggestions_applied_monthly
SELECT count(*) FROM suggestions WHERE applied
  AND note_id IN (SELECT id FROM notes
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days');

-- key: counts.suggestions_applied
SELECT count(*) FROM suggestions WHERE applied
  AND note_id IN (SELECT id FROM notes);

-- key: counts.suggestions
SELECT count(id) FROM suggestions;

-- key: counts.snippets_weekly
SELECT count(id) FROM snippets
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.snippets_monthly
SELECT count(id) FROM snippets
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.snippets
SELECT count(id) FROM snippets;

-- key: counts.snippets_personal_public
SELECT count(*) FROM snippets
WHERE (project_id IS NULL, visibility_level, secret) = (true, 20, false);

-- key: usage_activity_by_stage_monthly.create.users_creating_snippets
SELECT count(*) FROM (SELECT author_id FROM snippets
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY 1) AS authors;

-- key: counts.protected_branches
SELECT count(id) FROM protected_branches;

-- key: counts.projects_allowing_force_push
SELECT count(*) FROM (SELECT project_id FROM protected_branches WHERE project_id IS NOT NULL
  GROUP BY project_id HAVING bool_or(allow_force_push)) AS projects;

-- key: counts.protected_branch_patterns
SELECT count(*) FROM protected_branches WHERE strpos(name, '*') > 0;

-- key: counts.protected_branches_of_archived_projects
SELECT count(*) FROM protected_branches
WHERE project_id IN (SELECT id FROM projects WHERE archived);

-- key: counts.pushes_weekly
SELECT count(CASE action WHEN 5 THEN id END) FROM events
  WHERE created_at BETWEEN :'recorded_at'::timestamptz - interval '9 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: counts.pushes_monthly
SELECT count(CASE action WHEN 5 THEN id END) FROM events
  WHERE created_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: counts.pushes
SELECT count(CASE action WHEN 5 THEN id END) FROM events;

-- key: counts.commits_pushed_sum_monthly
SELECT coalesce(sum(commit_count), 0) FROM push_event_payloads
WHERE event_id IN (SELECT id FROM events
  WHERE created_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days');

-- key: counts.commits_pushed_sum
SELECT coalesce(sum(commit_count), 0) FROM push_event_payloads
WHERE event_id IN (SELECT id FROM events);

-- key: counts.tags_pushed
SELECT count(*) FILTER (WHERE ref_type = 1) FROM push_event_payloads;

-- key: counts_weekly.users_active
SELECT count(*) FROM (SELECT author_id FROM events
  WHERE created_at BETWEEN :'recorded_at'::timestamptz - interval '9 days'
    AND :'recorded_at'::timestamptz - interval '2 days' GROUP BY 1) AS users;

-- key: counts_monthly.projects_active
SELECT count(*) FROM (SELECT project_id FROM events
  WHERE project_id IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days' GROUP BY 1) AS projects;

-- key: counts.wiki_page_events_monthly
SELECT count(*) FROM events
WHERE left(target_type, 8) = 'WikiPage' AND group_id IS NULL
  AND created_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: counts.wiki_page_events
SELECT count(*) FROM events
WHERE left(target_type, 8) = 'WikiPage' AND group_id IS NULL;

-- key: counts.lfs_bytes
SELECT coalesce(sum(size), 0) FROM lfs_objects;

-- key: counts.lfs_objects_orphaned
SELECT count(*) FROM (SELECT id FROM lfs_objects EXCEPT
  SELECT lfs_object_id FROM lfs_objects_projects) AS orphans;

-- key: counts.projects_using_lfs
SELECT count(*) FROM (SELECT project_id FROM lfs_objects_projects GROUP BY 1) AS projects;

-- key: counts.forks
SELECT count(*) FROM fork_network_members WHERE forked_from_project_id IS NOT NULL;

-- key: counts.forks_of_deleted_projects
SELECT count(*) FROM fork_network_members
WHERE fork_network_id IN (SELECT id FROM fork_networks WHERE root_project_id IS NULL);

-- key: counts.remote_mirrors
SELECT count(*) FROM remote_mirrors WHERE (enabled, only_protected_branches) = (true, false);

-- key: counts.web_hooks_failing
SELECT count(*) FILTER (WHERE recent_failures >= 4) FROM web_hooks;

-- key: counts.project_web_hooks_unverified
SELECT count(*) FROM web_hooks WHERE type = 'ProjectHook' AND enable_ssl_verification IS FALSE;

-- key: counts.integrations_active
SELECT count(project_id) FROM integrations WHERE active;

-- key: counts.integrations_inherited
SELECT count(*) FROM integrations WHERE inherit_from_id IS NOT NULL;

-- key: counts.integration_kinds_used
SELECT count(*) FROM (SELECT type_new FROM integrations WHERE type_new IS NOT NULL
  GROUP BY type_new HAVING bool_or(active)) AS kinds;

-- key: counts.ci_pipelines_weekly
SELECT count(id) FROM ci_pipelines
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.ci_pipelines_monthly
SELECT count(id) FROM ci_pipelines
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.ci_pipelines
SELECT count(id) FROM ci_pipelines;

-- key: counts.ci_pipelines_for_merge_requests_monthly
SELECT count(*) FROM ci_pipelines WHERE merge_request_id IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.ci_pipelines_for_merge_requests
SELECT count(*) FROM ci_pipelines WHERE merge_request_id IS NOT NULL;

-- key: counts.ci_pipelines_scheduled_or_triggered_monthly
SELECT count(CASE WHEN source = 3 OR source = 4 OR source = 7 THEN 1 END) FROM ci_pipelines
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.ci_pipelines_scheduled_or_triggered
SELECT count(CASE WHEN source = 3 OR source = 4 OR source = 7 THEN 1 END) FROM ci_pipelines;

-- key: counts.ci_pipelines_configured_elsewhere
SELECT count(*) FROM ci_pipelines WHERE config_source IS DISTINCT FROM 1;

-- key: counts.ci_pipelines_with_failure_reason_weekly
SELECT count(*) FROM ci_pipelines WHERE failure_reason IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.ci_pipelines_with_failure_reason_monthly
SELECT count(*) FROM ci_pipelines WHERE failure_reason IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.ci_pipelines_with_failure_reason
SELECT count(*) FROM ci_pipelines WHERE failure_reason IS NOT NULL;

-- key: counts_monthly.ci_pipeline_duration_average
SELECT sum(duration)::numeric / nullif(count(duration), 0) FROM ci_pipelines
WHERE status = 'success' AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.ci_pipeline_duration_sum
SELECT coalesce(sum(CASE WHEN finished_at IS NULL THEN 0 ELSE duration END), 0) FROM ci_pipelines;

-- key: usage_activity_by_stage.verify.users_running_pipelines_weekly
SELECT count(*) FROM (SELECT user_id FROM ci_pipelines
  WHERE user_id IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY 1) AS users;

-- key: usage_activity_by_stage.verify.users_running_pipelines_monthly
SELECT count(*) FROM (SELECT user_id FROM ci_pipelines
  WHERE user_id IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY 1) AS users;

-- key: usage_activity_by_stage.verify.users_running_pipelines
SELECT count(*) FROM (SELECT user_id FROM ci_pipelines
  WHERE user_id IS NOT NULL GROUP BY 1) AS users;

-- key: counts.projects_without_pipelines
SELECT count(*) FROM (SELECT id FROM projects WHERE archived IS FALSE
  EXCEPT SELECT project_id FROM ci_pipelines) AS projects;

-- key: counts.ci_builds_weekly
SELECT count(id) FROM ci_builds
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.ci_builds_monthly
SELECT count(id) FROM ci_builds
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.ci_builds
SELECT count(id) FROM ci_builds;

-- key: counts.ci_builds_failed_but_allowed_monthly
SELECT count(*) FILTER (WHERE allow_failure) FROM ci_builds WHERE status = 'failed'
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.ci_builds_failed_but_allowed
SELECT count(*) FILTER (WHERE allow_failure) FROM ci_builds WHERE status = 'failed';

-- key: counts.ci_builds_retried
SELECT count(nullif(retried, false)) FROM ci_builds;

-- key: usage_activity_by_stage_monthly.verify.users_running_jobs
SELECT count(*) FROM (SELECT user_id FROM ci_builds
  WHERE type = 'Ci::Build' AND user_id IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY user_id) AS users;

-- key: counts.ci_build_coverage_average
SELECT sum(coverage::numeric) / nullif(count(coverage), 0) FROM ci_builds;

-- key: counts.ci_builds_on_instance_runners_monthly
SELECT count(*) FROM ci_builds
WHERE runner_id IN (SELECT id FROM ci_runners WHERE runner_type = 1)
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.ci_builds_on_instance_runners
SELECT count(*) FROM ci_builds
WHERE runner_id IN (SELECT id FROM ci_runners WHERE runner_type = 1);

-- key: counts.ci_builds_on_deleted_runners
SELECT count(runner_id) FROM ci_builds WHERE runner_id NOT IN (SELECT id FROM ci_runners);

-- key: counts.ci_queue_seconds_longest
SELECT coalesce(floor(max(extract(epoch FROM started_at) - extract(epoch FROM queued_at))), 0)
FROM ci_builds;

-- key: counts.ci_runners
SELECT count(id) FROM ci_runners;

-- key: counts.ci_runners_seen_weekly
SELECT count(contacted_at) FROM ci_runners WHERE active
  AND contacted_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.ci_runners_seen_monthly
SELECT count(contacted_at) FROM ci_runners WHERE active
  AND contacted_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.ci_runners_seen
SELECT count(contacted_at) FROM ci_runners WHERE active;

-- key: counts.ci_runners_paused
SELECT count(*) FROM ci_runners WHERE active IS FALSE AND runner_type IN (2, 3);

-- key: counts.ci_runner_timeout_average
SELECT sum(maximum_timeout)::numeric / nullif(count(maximum_timeout), 0) FROM ci_runners;

-- key: counts.ci_pipeline_schedules_active
SELECT count(next_run_at) FROM ci_pipeline_schedules WHERE active IS TRUE;

-- key: counts.ci_pipeline_schedules_of_inactive_owners
SELECT count(*) FROM ci_pipeline_schedules
WHERE owner_id IN (SELECT id FROM users WHERE state <> 'active');

-- key: usage_activity_by_stage.verify.users_owning_schedules
SELECT count(*) FROM (SELECT owner_id FROM ci_pipeline_schedules
  WHERE owner_id IS NOT NULL GROUP BY 1) AS owners;

-- key: counts.ci_triggers_lasting
SELECT count(*) - count(expires_at) FROM ci_triggers;

-- key: counts.projects_with_masked_variables
SELECT count(*) FROM (SELECT project_id FROM ci_variables GROUP BY project_id
  HAVING bool_or(masked AND protected)) AS projects;

-- key: counts.ci_artifact_bytes_monthly
SELECT coalesce(sum(size::numeric), 0) FROM ci_job_artifacts
  WHERE created_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: counts.ci_artifact_bytes
SELECT coalesce(sum(size::numeric), 0) FROM ci_job_artifacts;

-- key: counts.ci_artifacts_without_expiry
SELECT count(*) - count(expire_at) FROM ci_job_artifacts;

-- key: counts.ci_artifacts_of_failed_jobs
SELECT count(*) FROM ci_job_artifacts
WHERE job_id IN (SELECT id FROM ci_builds WHERE status = 'failed');

-- key: counts.packages_weekly
SELECT count(id) FROM packages_packages
  WHERE created_at BETWEEN :'recorded_at'::timestamptz - interval '9 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: counts.packages_monthly
SELECT count(id) FROM packages_packages
  WHERE created_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: counts.packages
SELECT count(id) FROM packages_packages;

-- key: counts.packages_never_downloaded
SELECT count(*) - count(last_downloaded_at) FROM packages_packages WHERE status = 0;

-- key: counts.package_formats_used_monthly
SELECT count(*) FROM (SELECT package_type FROM packages_packages
  WHERE created_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days' GROUP BY 1) AS formats;

-- key: counts.package_formats_used
SELECT count(*) FROM (SELECT package_type FROM packages_packages GROUP BY 1) AS formats;

-- key: usage_activity_by_stage_monthly.package.users_publishing_packages
SELECT count(*) FROM (SELECT creator_id FROM packages_packages
  WHERE creator_id IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days' GROUP BY 1) AS users;

-- key: usage_activity_by_stage.package.projects_publishing_packages
SELECT count(*) FROM projects WHERE archived IS FALSE
  AND EXISTS (SELECT 1 FROM packages_packages WHERE packages_packages.project_id = projects.id);

-- key: counts.package_bytes
SELECT coalesce(sum(size::numeric), 0) FROM packages_package_files;

-- key: counts.package_files_of_complete_packages_monthly
SELECT count(*) FROM packages_package_files
WHERE package_id IN (SELECT id FROM packages_packages WHERE status = 0)
  AND created_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: counts.package_files_of_complete_packages
SELECT count(*) FROM packages_package_files
WHERE package_id IN (SELECT id FROM packages_packages WHERE status = 0);

-- key: counts.container_repositories_public
SELECT count(*) FROM container_repositories JOIN projects ON projects.id = project_id
WHERE projects.visibility_level = 20;

-- key: counts_monthly.container_repositories_cleaned
SELECT count(expiration_policy_started_at) FROM container_repositories
  WHERE expiration_policy_started_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: counts.releases_weekly
SELECT count(id) FROM releases
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.releases_monthly
SELECT count(id) FROM releases
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.releases
SELECT count(id) FROM releases;

-- key: counts.releases_announced_ahead
SELECT count(*) FROM releases WHERE released_at - created_at > interval '1 day';

-- key: counts.releases_without_author
SELECT count(*) FROM releases LEFT JOIN users ON users.id = releases.author_id
WHERE users.id IS NULL;

-- key: usage_activity_by_stage.release.projects_with_releases_monthly
SELECT count(*) FROM (SELECT project_id FROM releases
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY 1) AS projects;

-- key: usage_activity_by_stage.release.projects_with_releases
SELECT count(*) FROM (SELECT project_id FROM releases GROUP BY 1) AS projects;

-- key: counts.environments_production
SELECT count(*) FROM environments WHERE (state, tier) = ('available', 0);

-- key: counts.environments_never_deployed
SELECT count(*) FROM (SELECT id FROM environments EXCEPT
  SELECT environment_id FROM deployments) AS unused;

-- key: counts.environments_stopping_themselves_monthly
SELECT count(*) FROM environments WHERE auto_stop_at IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.environments_stopping_themselves
SELECT count(*) FROM environments WHERE auto_stop_at IS NOT NULL;

-- key: counts.deployments_weekly
SELECT count(id) FROM deployments
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.deployments_monthly
SELECT count(id) FROM deployments
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.deployments
SELECT count(id) FROM deployments;

-- key: counts.deployments_successful_weekly
SELECT count(CASE WHEN status = 2 THEN id END) FROM deployments
  WHERE finished_at BETWEEN :'recorded_at'::timestamptz - interval '9 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: counts.deployments_successful_monthly
SELECT count(CASE WHEN status = 2 THEN id END) FROM deployments
  WHERE finished_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: counts.deployments_successful
SELECT count(CASE WHEN status = 2 THEN id END) FROM deployments;

-- key: counts.deployments_to_production_monthly
SELECT count(*) FROM deployments
WHERE environment_id IN (SELECT id FROM environments WHERE tier = 0)
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.deployments_to_production
SELECT count(*) FROM deployments
WHERE environment_id IN (SELECT id FROM environments WHERE tier = 0);

-- key: usage_activity_by_stage_monthly.release.users_deploying
SELECT count(*) FROM (SELECT user_id FROM deployments
  WHERE user_id IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY 1) AS users;

-- key: counts.deploy_tokens_valid_for_ever
SELECT count(*) FROM deploy_tokens
WHERE coalesce(revoked, false) = false AND expires_at > timestamptz '2999-12-31 23:59:59.999999+00';

-- key: counts.pages_domains_verified
SELECT count(verified_at) FROM pages_domains WHERE auto_ssl_enabled;

-- key: counts.feature_flags_active
SELECT count(*) FILTER (WHERE active) FROM operations_feature_flags;

-- key: counts.terraform_states_monthly
SELECT count(id) FROM terraform_states
  WHERE created_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: counts.terraform_states
SELECT count(id) FROM terraform_states;

-- key: counts.cluster_agents_with_token
SELECT count(*) FROM cluster_agents
WHERE id IN (SELECT agent_id FROM cluster_agent_tokens WHERE status = 0);

-- key: counts_monthly.cluster_agent_tokens_used
SELECT count(last_used_at) FROM cluster_agent_tokens
  WHERE last_used_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: active_user_count
SELECT count(*) FROM users WHERE state = 'active' AND (user_type = 0 OR user_type = 6);

-- key: license_billable_members
SELECT count(*) FROM users WHERE state = 'active' AND user_type = 0
  AND id IN (SELECT user_id FROM members WHERE access_level > 10 AND requested_at IS NULL);

-- key: counts_monthly.billable_members_new
SELECT count(*) FROM (SELECT (SELECT min(created_at) FROM members WHERE members.user_id = users.id
    AND access_level > 10 AND requested_at IS NULL) AS joined_at
  FROM users WHERE state = 'active' AND user_type = 0) AS people
  WHERE joined_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.users_weekly
SELECT count(id) FROM users
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.users_monthly
SELECT count(id) FROM users
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.users
SELECT count(id) FROM users;

-- key: counts.users_with_two_factor
SELECT count(*) FROM users WHERE (otp_required_for_login, state, user_type) = (true, 'active', 0);

-- key: counts.users_signed_in
SELECT count(*) FROM users WHERE last_sign_in_at IS NOT NULL;

-- key: counts.sign_ins_sum
SELECT coalesce(sum(sign_in_count::bigint), 0) FROM users WHERE sign_in_count <> 0;

-- key: counts.sign_ins_per_active_user_average
SELECT sum(sign_in_count)::numeric / nullif(count(*), 0) FROM users
WHERE external IS FALSE AND sign_in_count >= 1;

-- key: counts.users_active_weekly
SELECT count(last_activity_on) FROM users WHERE user_type = 0
  AND last_activity_on BETWEEN (:'recorded_at'::timestamp - interval '9 days')::date
    AND (:'recorded_at'::timestamp - interval '2 days')::date;

-- key: counts.users_active_monthly
SELECT count(last_activity_on) FROM users WHERE user_type = 0
  AND last_activity_on BETWEEN (:'recorded_at'::timestamp - interval '30 days')::date
    AND (:'recorded_at'::timestamp - interval '2 days')::date;

-- key: counts.users_without_memberships
SELECT count(*) FROM users WHERE state = 'active'
  AND id NOT IN (SELECT user_id FROM members WHERE user_id IS NOT NULL);

-- key: counts.languages_preferred
SELECT count(*) FROM (SELECT preferred_language FROM users
  WHERE preferred_language IS NOT NULL GROUP BY 1) AS languages;

-- key: counts.users_with_ldap_identity
SELECT count(*) FROM (SELECT user_id FROM identities
  WHERE left(lower(provider), 4) = 'ldap' AND user_id IS NOT NULL GROUP BY 1) AS users;

-- key: counts.identities_of_blocked_users
SELECT count(*) FROM identities WHERE user_id IN
  (SELECT id FROM users WHERE state IS NOT NULL AND state <> 'active');

-- key: counts.emails_confirmed
SELECT count(*) FROM emails WHERE confirmed_at IS NOT NULL;

-- key: counts.users_with_further_email
SELECT count(*) FROM users WHERE state = 'active' AND id IN (SELECT user_id FROM emails);

-- key: counts.ssh_keys_monthly
SELECT count(*) FROM keys WHERE type IS DISTINCT FROM 'DeployKey'
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.ssh_keys
SELECT count(*) FROM keys WHERE type IS DISTINCT FROM 'DeployKey';

-- key: counts_monthly.ssh_keys_used
SELECT count(last_used_at) FROM keys
  WHERE last_used_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.users_with_several_ssh_keys
SELECT count(DISTINCT user_id) FROM keys AS one WHERE EXISTS
  (SELECT 1 FROM keys AS other WHERE other.user_id = one.user_id AND other.id <> one.id);

-- key: counts.users_with_access_tokens
SELECT count(*) FROM (SELECT user_id FROM personal_access_tokens GROUP BY user_id
  HAVING bool_or(revoked IS FALSE)) AS users;

-- key: counts.access_tokens_without_expiry
SELECT count(*) - count(expires_at) FROM personal_access_tokens WHERE revoked IS FALSE;

-- key: counts_monthly.access_tokens_used
SELECT count(*) FROM personal_access_tokens WHERE scopes LIKE '%[api%'
  AND last_used_at BETWEEN :'recorded_at'::timestamptz - interval '30 days'
    AND :'recorded_at'::timestamptz - interval '2 days';

-- key: counts.memberships_monthly
SELECT count(id) FROM members
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.memberships
SELECT count(id) FROM members;

-- key: counts.invitations_open_monthly
SELECT count(invite_email) FROM members WHERE invite_accepted_at IS NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.invitations_open
SELECT count(invite_email) FROM members WHERE invite_accepted_at IS NULL;

-- key: counts.access_requests
SELECT count(*) FROM members WHERE requested_at IS NOT NULL;

-- key: usage_activity_by_stage.manage.users_owning_groups_monthly
SELECT count(*) FROM (SELECT user_id FROM members WHERE user_id IS NOT NULL
  AND (access_level, source_type) = (50, 'Namespace')
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY 1) AS owners;

-- key: usage_activity_by_stage.manage.users_owning_groups
SELECT count(*) FROM (SELECT user_id FROM members WHERE user_id IS NOT NULL
  AND (access_level, source_type) = (50, 'Namespace') GROUP BY 1) AS owners;

-- key: usage_activity_by_stage_monthly.manage.users_becoming_members
SELECT count(*) FROM (SELECT user_id FROM members
  WHERE user_id IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY 1) AS users;

-- key: counts.members_of_public_projects
SELECT count(*) FROM members WHERE source_type = 'Project'
  AND source_id IN (SELECT id FROM projects WHERE visibility_level = 20);

-- key: counts.memberships_of_blocked_users
SELECT count(*) FROM members JOIN users ON users.id = user_id WHERE users.state = 'blocked';

-- key: counts.groups_weekly
SELECT count(CASE type WHEN 'Group' THEN id END) FROM namespaces
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.groups_monthly
SELECT count(CASE type WHEN 'Group' THEN id END) FROM namespaces
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.groups
SELECT count(CASE type WHEN 'Group' THEN id END) FROM namespaces;

-- key: counts.subgroups
SELECT count(*) FROM namespaces WHERE type = 'Group' AND parent_id IS NOT NULL;

-- key: counts.groups_without_projects
SELECT count(*) FROM (SELECT id FROM namespaces WHERE type = 'Group'
  EXCEPT SELECT namespace_id FROM projects EXCEPT SELECT parent_id FROM namespaces) AS empty;

-- key: counts.groups_requiring_two_factor
SELECT count(*) FILTER (WHERE require_two_factor_authentication) FROM namespaces
WHERE type = 'Group';

-- key: counts.projects_weekly
SELECT count(id) FROM projects
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.projects_monthly
SELECT count(id) FROM projects
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.projects
SELECT count(id) FROM projects;

-- key: counts.projects_public
SELECT count(*) FROM projects WHERE visibility_level = 20 AND NOT coalesce(pending_delete, false);

-- key: counts.projects_archived
SELECT count(*) FILTER (WHERE archived) FROM projects;

-- key: counts.projects_imported_weekly
SELECT count(*) FROM projects WHERE import_type IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.projects_imported_monthly
SELECT count(*) FROM projects WHERE import_type IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.projects_imported
SELECT count(*) FROM projects WHERE import_type IS NOT NULL;

-- key: counts.import_sources_used
SELECT count(*) FROM (SELECT import_type FROM projects
  WHERE import_type IS NOT NULL GROUP BY 1) AS sources;

-- key: usage_activity_by_stage.manage.users_creating_projects_monthly
SELECT count(*) FROM (SELECT creator_id FROM projects
  WHERE creator_id IS NOT NULL
  AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY 1) AS users;

-- key: usage_activity_by_stage.manage.users_creating_projects
SELECT count(*) FROM (SELECT creator_id FROM projects
  WHERE creator_id IS NOT NULL GROUP BY 1) AS users;

-- key: counts.project_stars_sum
SELECT coalesce(sum(star_count::bigint * projects), 0)
FROM (SELECT star_count, count(*) AS projects FROM projects GROUP BY star_count) AS s;

-- key: counts.project_build_timeout_average
SELECT avg(nullif(build_timeout, 3600)::numeric) FROM projects;

-- key: counts_monthly.projects_touched
SELECT count(last_activity_at) FROM projects
  WHERE last_activity_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.projects_created_by_bots
SELECT count(*) FROM projects WHERE creator_id IN (SELECT id FROM users WHERE user_type <> 0);

-- key: counts.projects_with_service_desk
SELECT count(*) FROM projects WHERE coalesce(service_desk_enabled, false) AND archived IS FALSE;

-- key: counts.projects_without_feature_settings
SELECT count(*) FROM projects WHERE id NOT IN (SELECT project_id FROM project_features);

-- key: counts.projects_with_pages
SELECT count(*) FROM project_features WHERE pages_access_level >= 1
  AND project_id IN (SELECT id FROM projects WHERE archived IS FALSE);

-- key: counts.projects_with_issues_disabled
SELECT count(*) FILTER (WHERE issues_access_level = 0) FROM project_features;

-- key: counts.repository_bytes
SELECT coalesce(sum(repository_size::numeric), 0) FROM project_statistics;

-- key: counts.repository_bytes_average
SELECT sum(repository_size) / nullif(count(*), 0) FROM project_statistics WHERE commit_count >= 1;

-- key: counts.storage_bytes_of_archived_projects
SELECT coalesce(sum(storage_size), 0) FROM project_statistics
WHERE project_id IN (SELECT id FROM projects WHERE archived);

-- key: counts.projects_with_topics
SELECT count(*) FROM (SELECT project_id FROM project_topics GROUP BY 1) AS projects;

-- key: counts.topics_used_widely
SELECT count(*) FILTER (WHERE total_projects_count >= 11) FROM topics;

-- key: counts.vulnerabilities
SELECT count(*) FROM (SELECT uuid FROM vulnerability_reads GROUP BY 1) AS findings;

-- key: counts.vulnerabilities_severe_open
SELECT count(*) FROM vulnerability_reads WHERE (state = 1 OR state = 4) AND severity IN (6, 7);

-- key: counts.audit_events_weekly
SELECT count(id) FROM audit_events
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '9 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.audit_events_monthly
SELECT count(id) FROM audit_events
  WHERE created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days';

-- key: counts.audit_events
SELECT count(id) FROM audit_events;

-- key: counts.users_audited_monthly
SELECT count(*) FROM (SELECT author_id FROM audit_events
  WHERE author_id >= 1 AND created_at BETWEEN :'recorded_at'::timestamp - interval '30 days'
    AND :'recorded_at'::timestamp - interval '2 days' GROUP BY 1) AS users;

-- key: counts.users_audited
SELECT count(*) FROM (SELECT author_id FROM audit_events
  WHERE author_id >= 1 GROUP BY 1) AS users;

-- key: settings.schema_migrations
SELECT count(version) FROM schema_migrations;

-- key: settings.default_projects_limit
SELECT default_projects_limit FROM application_settings
WHERE id = (SELECT max(id) FROM application_settings);
