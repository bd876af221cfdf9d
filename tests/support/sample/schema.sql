-- The sample instance: tables of a GitLab database by GitLab's names and types, without foreign
-- keys and with only the columns that definitions or neighbouring tools look at. Creates
-- everything in the first schema of the search path; data.sql fills it, odd.sql makes it strange.
--
-- On purpose: created_at is indexed on some tables and not on others, issue_assignees has a
-- composite key, schema_migrations a text key, audit_events is partitioned, push_event_payloads
-- is keyed by another table's id, project_topics has no index on what is counted, and
-- billable_members is a view.
BEGIN;

CREATE TABLE schema_migrations (version varchar NOT NULL PRIMARY KEY, finished_at timestamptz);

CREATE TABLE application_settings (
    id bigint PRIMARY KEY,
    uuid varchar,
    signup_enabled boolean,
    require_two_factor_authentication boolean NOT NULL DEFAULT false,
    default_projects_limit integer,
    default_branch_name text,
    session_expire_delay integer NOT NULL DEFAULT 10080,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE users (
    id bigint PRIMARY KEY,
    email varchar NOT NULL,
    username varchar,
    name varchar,
    admin boolean NOT NULL DEFAULT false,
    external boolean NOT NULL DEFAULT false,
    state varchar,
    user_type smallint NOT NULL DEFAULT 0,
    otp_required_for_login boolean NOT NULL DEFAULT false,
    sign_in_count integer DEFAULT 0,
    current_sign_in_at timestamp without time zone,
    last_sign_in_at timestamp without time zone,
    last_activity_on date,
    confirmed_at timestamp without time zone,
    created_by_id bigint,
    projects_limit integer NOT NULL DEFAULT 10,
    preferred_language varchar,
    private_profile boolean NOT NULL DEFAULT false,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE identities (
    id bigint PRIMARY KEY,
    extern_uid varchar,
    provider varchar,
    user_id bigint,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE emails (
    id bigint PRIMARY KEY,
    user_id bigint NOT NULL,
    email varchar NOT NULL,
    confirmed_at timestamp without time zone,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL
);

CREATE TABLE keys (
    id bigint PRIMARY KEY,
    user_id bigint,
    title varchar,
    type varchar,
    usage_type smallint NOT NULL DEFAULT 0,
    last_used_at timestamp without time zone,
    expires_at timestamptz,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE personal_access_tokens (
    id bigint PRIMARY KEY,
    user_id bigint NOT NULL,
    name varchar NOT NULL,
    revoked boolean DEFAULT false,
    impersonation boolean NOT NULL DEFAULT false,
    scopes varchar NOT NULL DEFAULT '--- []',
    expires_at date,
    last_used_at timestamptz,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL
);

CREATE TABLE namespaces (
    id bigint PRIMARY KEY,
    name varchar NOT NULL,
    path varchar NOT NULL,
    type varchar NOT NULL DEFAULT 'User',
    owner_id bigint,
    parent_id bigint,
    visibility_level integer NOT NULL DEFAULT 20,
    require_two_factor_authentication boolean NOT NULL DEFAULT false,
    shared_runners_enabled boolean NOT NULL DEFAULT true,
    traversal_ids bigint[] NOT NULL DEFAULT '{}',
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE projects (
    id bigint PRIMARY KEY,
    name varchar,
    path varchar,
    description text,
    creator_id bigint,
    namespace_id bigint NOT NULL,
    visibility_level integer NOT NULL DEFAULT 0,
    archived boolean NOT NULL DEFAULT false,
    pending_delete boolean DEFAULT false,
    star_count integer NOT NULL DEFAULT 0,
    import_type varchar,
    service_desk_enabled boolean DEFAULT true,
    shared_runners_enabled boolean NOT NULL DEFAULT true,
    merge_requests_ff_only_enabled boolean DEFAULT false,
    only_allow_merge_if_pipeline_succeeds boolean NOT NULL DEFAULT false,
    build_timeout integer NOT NULL DEFAULT 3600,
    last_activity_at timestamp without time zone,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE project_features (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    issues_access_level integer,
    wiki_access_level integer,
    builds_access_level integer,
    pages_access_level integer NOT NULL,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE project_statistics (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    namespace_id bigint NOT NULL,
    commit_count bigint NOT NULL DEFAULT 0,
    storage_size bigint NOT NULL DEFAULT 0,
    repository_size bigint NOT NULL DEFAULT 0,
    lfs_objects_size bigint NOT NULL DEFAULT 0,
    build_artifacts_size bigint NOT NULL DEFAULT 0,
    packages_size bigint NOT NULL DEFAULT 0
);

CREATE TABLE topics (
    id bigint PRIMARY KEY,
    name text NOT NULL,
    total_projects_count bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE project_topics (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    topic_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE members (
    id bigint PRIMARY KEY,
    access_level integer NOT NULL,
    source_id bigint NOT NULL,
    source_type varchar NOT NULL,
    user_id bigint,
    type varchar NOT NULL,
    created_by_id bigint,
    invite_email varchar,
    invite_accepted_at timestamp without time zone,
    requested_at timestamp without time zone,
    expires_at date,
    state smallint DEFAULT 0,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE issues (
    id bigint PRIMARY KEY,
    title varchar,
    author_id bigint,
    project_id bigint,
    namespace_id bigint NOT NULL,
    iid integer,
    milestone_id bigint,
    work_item_type_id bigint NOT NULL,
    state_id smallint NOT NULL DEFAULT 1,
    confidential boolean NOT NULL DEFAULT false,
    weight integer,
    health_status smallint,
    time_estimate integer DEFAULT 0,
    due_date date,
    moved_to_id bigint,
    duplicated_to_id bigint,
    promoted_to_epic_id bigint,
    service_desk_reply_to varchar,
    last_edited_at timestamp without time zone,
    last_edited_by_id bigint,
    closed_at timestamp without time zone,
    closed_by_id bigint,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE issue_assignees (
    user_id bigint NOT NULL,
    issue_id bigint NOT NULL,
    namespace_id bigint,
    PRIMARY KEY (issue_id, user_id)
);

CREATE TABLE issue_links (
    id bigint PRIMARY KEY,
    source_id bigint NOT NULL,
    target_id bigint NOT NULL,
    link_type smallint NOT NULL DEFAULT 0,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE labels (
    id bigint PRIMARY KEY,
    title varchar,
    color varchar,
    type varchar,
    project_id bigint,
    group_id bigint,
    template boolean DEFAULT false,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE label_links (
    id bigint PRIMARY KEY,
    label_id bigint,
    target_id bigint,
    target_type varchar,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE milestones (
    id bigint PRIMARY KEY,
    title varchar NOT NULL,
    project_id bigint,
    group_id bigint,
    state varchar,
    start_date date,
    due_date date,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE boards (
    id bigint PRIMARY KEY,
    project_id bigint,
    group_id bigint,
    milestone_id bigint,
    name varchar NOT NULL DEFAULT 'Development',
    hide_backlog_list boolean NOT NULL DEFAULT false,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL
);

CREATE TABLE lists (
    id bigint PRIMARY KEY,
    board_id bigint NOT NULL,
    label_id bigint,
    list_type integer NOT NULL DEFAULT 1,
    position integer,
    max_issue_count integer NOT NULL DEFAULT 0,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL
);

CREATE TABLE todos (
    id bigint PRIMARY KEY,
    user_id bigint NOT NULL,
    author_id bigint NOT NULL,
    project_id bigint,
    target_id bigint,
    target_type varchar NOT NULL,
    action integer NOT NULL,
    state varchar NOT NULL,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE timelogs (
    id bigint PRIMARY KEY,
    user_id bigint,
    project_id bigint,
    issue_id bigint,
    merge_request_id bigint,
    time_spent integer NOT NULL,
    spent_at timestamp without time zone,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL
);

CREATE TABLE design_management_designs (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    issue_id bigint,
    iid integer,
    filename varchar NOT NULL,
    relative_position integer
);

CREATE TABLE award_emoji (
    id bigint PRIMARY KEY,
    name varchar,
    user_id bigint,
    awardable_id bigint,
    awardable_type varchar,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE merge_requests (
    id bigint PRIMARY KEY,
    title varchar,
    source_branch varchar NOT NULL,
    target_branch varchar NOT NULL,
    source_project_id bigint,
    target_project_id bigint NOT NULL,
    author_id bigint,
    iid integer,
    milestone_id bigint,
    state_id smallint NOT NULL DEFAULT 1,
    merge_status varchar NOT NULL DEFAULT 'unchecked',
    draft boolean NOT NULL DEFAULT false,
    squash boolean NOT NULL DEFAULT false,
    merge_when_pipeline_succeeds boolean NOT NULL DEFAULT false,
    merge_user_id bigint,
    head_pipeline_id bigint,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE merge_request_metrics (
    id bigint PRIMARY KEY,
    merge_request_id bigint NOT NULL,
    target_project_id bigint,
    merged_at timestamp without time zone,
    merged_by_id bigint,
    latest_closed_at timestamp without time zone,
    first_comment_at timestamp without time zone,
    commits_count integer,
    modified_paths_size integer,
    added_lines integer,
    removed_lines integer,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL
);

CREATE TABLE merge_request_reviewers (
    id bigint PRIMARY KEY,
    user_id bigint NOT NULL,
    merge_request_id bigint NOT NULL,
    state smallint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL
);

CREATE TABLE approvals (
    id bigint PRIMARY KEY,
    merge_request_id bigint NOT NULL,
    user_id bigint NOT NULL,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE notes (
    id bigint PRIMARY KEY,
    note text,
    noteable_type varchar,
    noteable_id bigint,
    author_id bigint,
    project_id bigint,
    type varchar,
    system boolean NOT NULL DEFAULT false,
    internal boolean NOT NULL DEFAULT false,
    confidential boolean,
    discussion_id varchar,
    commit_id varchar,
    resolved_at timestamp without time zone,
    resolved_by_id bigint,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE suggestions (
    id bigint PRIMARY KEY,
    note_id bigint NOT NULL,
    relative_order smallint NOT NULL,
    applied boolean NOT NULL DEFAULT false,
    outdated boolean NOT NULL DEFAULT false
);

CREATE TABLE snippets (
    id bigint PRIMARY KEY,
    title varchar,
    author_id bigint NOT NULL,
    project_id bigint,
    type varchar,
    visibility_level integer NOT NULL DEFAULT 0,
    secret boolean NOT NULL DEFAULT false,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE protected_branches (
    id bigint PRIMARY KEY,
    project_id bigint,
    namespace_id bigint,
    name varchar NOT NULL,
    allow_force_push boolean NOT NULL DEFAULT false,
    code_owner_approval_required boolean NOT NULL DEFAULT false,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE events (
    id bigint PRIMARY KEY,
    project_id bigint,
    group_id bigint,
    author_id bigint NOT NULL,
    action smallint NOT NULL,
    target_id bigint,
    target_type varchar,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE push_event_payloads (
    event_id bigint PRIMARY KEY,
    commit_count bigint NOT NULL,
    action smallint NOT NULL,
    ref_type smallint NOT NULL,
    ref text
);

CREATE TABLE fork_networks (
    id bigint PRIMARY KEY,
    root_project_id bigint,
    deleted_root_project_name varchar
);

CREATE TABLE fork_network_members (
    id bigint PRIMARY KEY,
    fork_network_id bigint NOT NULL,
    project_id bigint NOT NULL,
    forked_from_project_id bigint
);

CREATE TABLE lfs_objects (
    id bigint PRIMARY KEY,
    oid varchar NOT NULL,
    size bigint NOT NULL,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE lfs_objects_projects (
    id bigint PRIMARY KEY,
    lfs_object_id bigint NOT NULL,
    project_id bigint NOT NULL,
    repository_type smallint,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE remote_mirrors (
    id bigint PRIMARY KEY,
    project_id bigint,
    url varchar,
    enabled boolean DEFAULT false,
    only_protected_branches boolean NOT NULL DEFAULT false,
    last_successful_update_at timestamp without time zone,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL
);

CREATE TABLE web_hooks (
    id bigint PRIMARY KEY,
    type varchar DEFAULT 'ProjectHook',
    project_id bigint,
    group_id bigint,
    push_events boolean NOT NULL DEFAULT true,
    enable_ssl_verification boolean DEFAULT true,
    recent_failures smallint NOT NULL DEFAULT 0,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE integrations (
    id bigint PRIMARY KEY,
    type_new text,
    project_id bigint,
    group_id bigint,
    instance boolean NOT NULL DEFAULT false,
    active boolean NOT NULL DEFAULT false,
    inherit_from_id bigint,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE ci_pipelines (
    id bigint PRIMARY KEY,
    project_id bigint,
    user_id bigint,
    merge_request_id bigint,
    iid integer,
    ref varchar,
    tag boolean DEFAULT false,
    status varchar,
    source integer,
    config_source integer,
    failure_reason integer,
    duration integer,
    started_at timestamp without time zone,
    finished_at timestamp without time zone,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE ci_builds (
    id bigint PRIMARY KEY,
    commit_id bigint,
    project_id bigint,
    runner_id bigint,
    user_id bigint,
    type varchar,
    name varchar,
    status varchar,
    allow_failure boolean NOT NULL DEFAULT false,
    retried boolean,
    coverage double precision,
    failure_reason integer,
    queued_at timestamp without time zone,
    started_at timestamp without time zone,
    finished_at timestamp without time zone,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE ci_job_artifacts (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    job_id bigint NOT NULL,
    file_type integer NOT NULL,
    size bigint,
    expire_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE ci_runners (
    id bigint PRIMARY KEY,
    creator_id bigint,
    runner_type smallint NOT NULL,
    active boolean NOT NULL DEFAULT true,
    locked boolean NOT NULL DEFAULT false,
    run_untagged boolean NOT NULL DEFAULT true,
    maximum_timeout integer,
    contacted_at timestamp without time zone,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE ci_pipeline_schedules (
    id bigint PRIMARY KEY,
    project_id bigint,
    owner_id bigint,
    description varchar,
    cron varchar,
    active boolean DEFAULT true,
    next_run_at timestamp without time zone,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE ci_triggers (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    owner_id bigint NOT NULL,
    description varchar,
    expires_at timestamptz,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE ci_variables (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    key varchar NOT NULL,
    protected boolean NOT NULL DEFAULT false,
    masked boolean NOT NULL DEFAULT false,
    environment_scope varchar NOT NULL DEFAULT '*',
    variable_type smallint NOT NULL DEFAULT 1
);

CREATE TABLE releases (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    author_id bigint,
    tag varchar NOT NULL,
    name varchar,
    released_at timestamp without time zone NOT NULL,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE environments (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    name varchar NOT NULL,
    state varchar NOT NULL DEFAULT 'available',
    tier smallint,
    external_url varchar,
    auto_stop_at timestamptz,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE deployments (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    environment_id bigint NOT NULL,
    user_id bigint,
    iid integer NOT NULL,
    ref varchar NOT NULL,
    status smallint NOT NULL,
    finished_at timestamptz,
    created_at timestamp without time zone,
    updated_at timestamp without time zone
);

CREATE TABLE deploy_tokens (
    id bigint PRIMARY KEY,
    name varchar NOT NULL,
    deploy_token_type smallint NOT NULL DEFAULT 2,
    revoked boolean DEFAULT false,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE pages_domains (
    id bigint PRIMARY KEY,
    project_id bigint,
    domain varchar,
    verified_at timestamptz,
    auto_ssl_enabled boolean NOT NULL DEFAULT false
);

CREATE TABLE operations_feature_flags (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    iid integer NOT NULL,
    name varchar NOT NULL,
    active boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE terraform_states (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    name varchar NOT NULL,
    locked_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE cluster_agents (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    created_by_user_id bigint,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE cluster_agent_tokens (
    id bigint PRIMARY KEY,
    agent_id bigint NOT NULL,
    status smallint NOT NULL DEFAULT 0,
    last_used_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE alert_management_alerts (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    issue_id bigint,
    severity smallint NOT NULL DEFAULT 0,
    status smallint NOT NULL DEFAULT 0,
    events integer NOT NULL DEFAULT 1,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE packages_packages (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    creator_id bigint,
    name varchar NOT NULL,
    version varchar,
    package_type smallint NOT NULL,
    status smallint NOT NULL DEFAULT 0,
    last_downloaded_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE packages_package_files (
    id bigint PRIMARY KEY,
    package_id bigint NOT NULL,
    file_name varchar NOT NULL,
    size bigint,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE container_repositories (
    id bigint PRIMARY KEY,
    project_id bigint NOT NULL,
    name varchar NOT NULL,
    status smallint,
    expiration_policy_started_at timestamptz,
    created_at timestamp without time zone NOT NULL,
    updated_at timestamp without time zone NOT NULL
);

CREATE TABLE vulnerability_reads (
    id bigint PRIMARY KEY,
    vulnerability_id bigint NOT NULL,
    project_id bigint NOT NULL,
    uuid uuid NOT NULL,
    report_type smallint NOT NULL,
    severity smallint NOT NULL,
    state smallint NOT NULL,
    has_issues boolean NOT NULL DEFAULT false
);

CREATE TABLE audit_events (
    id bigint NOT NULL,
    author_id bigint NOT NULL,
    entity_id bigint NOT NULL,
    entity_type varchar NOT NULL,
    author_name text,
    details text,
    created_at timestamp without time zone NOT NULL,
    PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);

-- Partitions by the half year, named by their distance from now: the data moves with the clock.
DO $$
DECLARE
    today constant timestamp := date_trunc('day', now() AT TIME ZONE 'UTC');
BEGIN
    FOR half IN 0..4 LOOP
        EXECUTE format(
            'CREATE TABLE audit_events_%s PARTITION OF audit_events FOR VALUES FROM (%L) TO (%L)',
            half, today - (half + 1) * interval '180 days' + interval '2 days',
            today - half * interval '180 days' + interval '2 days');
    END LOOP;
END $$;
CREATE TABLE audit_events_rest PARTITION OF audit_events DEFAULT;

-- Everybody who holds a seat: an active human with a membership above guest.
CREATE VIEW billable_members AS
    SELECT members.user_id, min(members.created_at) AS first_joined_at
    FROM members
    JOIN users ON users.id = members.user_id
    WHERE users.state = 'active' AND users.user_type = 0
      AND members.access_level > 10 AND members.requested_at IS NULL
    GROUP BY members.user_id;

COMMIT;
