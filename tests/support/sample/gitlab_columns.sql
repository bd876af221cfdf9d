-- The columns that definitions/instrumentation.yml names, empty, for test_instrumentation.c.
-- Names and types as GitLab's db/structure.sql has them (GitLab 17.10 and 18.0), without what no
-- metric names. Where GitLab's tables have no created_at there is none here either.
CREATE TABLE application_settings (id bigint, created_at timestamp, uuid varchar,
    akismet_enabled boolean, allow_runner_registration_token boolean, auto_devops_enabled boolean,
    container_registry_db_enabled boolean, deactivate_dormant_users boolean,
    deactivate_dormant_users_period integer, default_branch_name text,
    gitlab_dedicated_instance boolean, gitpod_enabled boolean, gravatar_enabled boolean,
    group_runner_token_expiration_interval integer, new_user_signups_cap integer,
    password_authentication_enabled_for_web boolean,
    project_runner_token_expiration_interval integer, runner_token_expiration_interval integer,
    signup_enabled boolean, snowplow_collector_hostname varchar, snowplow_enabled boolean,
    usage_ping_features_enabled boolean, clickhouse jsonb, service_ping_settings jsonb);
CREATE TABLE approval_merge_request_rule_sources (id bigint,
    approval_merge_request_rule_id bigint, approval_project_rule_id bigint);
CREATE TABLE approval_merge_request_rules (id bigint, created_at timestamptz,
    merge_request_id bigint, approvals_required smallint, rule_type smallint,
    report_type smallint, section text, modified_from_project_rule boolean);
CREATE TABLE approval_project_rules (id bigint, created_at timestamptz, project_id bigint,
    approvals_required smallint, rule_type smallint, report_type smallint);
CREATE TABLE approval_project_rules_protected_branches (approval_project_rule_id bigint,
    protected_branch_id bigint);
CREATE TABLE approval_project_rules_users (id bigint, approval_project_rule_id bigint,
    user_id bigint);
CREATE TABLE audit_events_external_audit_event_destinations (id bigint, namespace_id bigint,
    created_at timestamptz);
CREATE TABLE authentication_events (id bigint, created_at timestamptz, user_id bigint,
    result smallint, provider text);
CREATE TABLE boards (id bigint, created_at timestamp);
CREATE TABLE bulk_import_entities (id bigint, created_at timestamptz, source_type smallint,
    status smallint, has_failures boolean);
CREATE TABLE bulk_imports (id bigint, created_at timestamptz, user_id bigint,
    source_type smallint);
CREATE TABLE ci_runner_machines (id bigint, created_at timestamptz, executor_type smallint,
    runner_type smallint) PARTITION BY LIST (runner_type);
CREATE TABLE ci_runners (id bigint, created_at timestamptz, contacted_at timestamptz,
    runner_type smallint, active boolean) PARTITION BY LIST (runner_type);
CREATE TABLE ci_triggers (id bigint, created_at timestamp, owner_id bigint);
CREATE TABLE cluster_agent_tokens (id bigint, created_at timestamptz, agent_id bigint,
    last_used_at timestamptz, status smallint);
CREATE TABLE cluster_agents (id bigint, created_at timestamptz);
CREATE TABLE cluster_providers_aws (id bigint, cluster_id bigint, status integer,
    created_at timestamptz);
CREATE TABLE cluster_providers_gcp (id bigint, cluster_id bigint, status integer,
    created_at timestamp);
CREATE TABLE clusters (id bigint, user_id bigint, provider_type integer, created_at timestamp,
    enabled boolean, cluster_type smallint, management_project_id bigint);
CREATE TABLE clusters_integration_prometheus (created_at timestamptz, cluster_id bigint,
    enabled boolean);
CREATE TABLE compliance_requirements_controls (id bigint, created_at timestamptz,
    compliance_requirement_id bigint);
CREATE TABLE container_expiration_policies (project_id bigint, created_at timestamptz,
    name_regex varchar(255), cadence varchar(12), older_than varchar(12), keep_n integer,
    enabled boolean, name_regex_keep text);
CREATE TABLE container_registry_protection_rules (id bigint, project_id bigint,
    created_at timestamptz);
CREATE TABLE container_registry_protection_tag_rules (id bigint, project_id bigint,
    created_at timestamptz, minimum_access_level_for_push smallint,
    minimum_access_level_for_delete smallint);
CREATE TABLE csv_issue_imports (id bigint, user_id bigint, created_at timestamptz);
CREATE TABLE environments (id bigint, created_at timestamp, environment_type varchar);
CREATE TABLE epic_issues (id bigint, epic_id bigint, issue_id bigint);
CREATE TABLE epics (id bigint, author_id bigint, created_at timestamp, confidential boolean);
CREATE TABLE integrations (id bigint, project_id bigint, created_at timestamp, active boolean,
    instance boolean, inherit_from_id bigint, group_id bigint, type_new text);
CREATE TABLE issue_links (id bigint, source_id bigint, target_id bigint, created_at timestamp);
CREATE TABLE issues (id bigint, author_id bigint, project_id bigint, created_at timestamp,
    confidential boolean, health_status smallint, work_item_type_id bigint);
CREATE TABLE jira_connect_installations (id bigint, instance_url text);
CREATE TABLE jira_connect_subscriptions (id bigint, jira_connect_installation_id bigint,
    created_at timestamptz);
CREATE TABLE jira_imports (id bigint, project_id bigint, user_id bigint, created_at timestamptz,
    imported_issues_count integer, status smallint);
CREATE TABLE jira_tracker_data (id bigint, created_at timestamptz, issues_enabled boolean,
    deployment_type smallint, integration_id bigint);
CREATE TABLE keys (id bigint, user_id bigint, created_at timestamp, type varchar);
CREATE TABLE labels (id bigint, created_at timestamp);
CREATE TABLE ldap_group_links (id bigint, created_at timestamp);
CREATE TABLE lfs_file_locks (id bigint, user_id bigint, created_at timestamp);
CREATE TABLE lfs_objects (id bigint, created_at timestamp);
CREATE TABLE lists (id bigint, list_type integer, created_at timestamp, user_id bigint);
CREATE TABLE member_roles (id bigint, created_at timestamptz);
CREATE TABLE members (id bigint, user_id bigint, type varchar, created_at timestamp, ldap boolean,
    member_role_id bigint);
CREATE TABLE ml_candidates (id bigint, created_at timestamptz, experiment_id bigint,
    user_id bigint);
CREATE TABLE ml_experiments (id bigint, created_at timestamptz, project_id bigint);
CREATE TABLE namespaces (id bigint, created_at timestamp, type varchar, parent_id bigint,
    require_two_factor_authentication boolean, traversal_ids bigint[]);
CREATE TABLE project_auto_devops (id bigint, created_at timestamptz, enabled boolean);
CREATE TABLE project_error_tracking_settings (project_id bigint, enabled boolean);
CREATE TABLE project_feature_usages (project_id bigint, jira_dvcs_cloud_last_sync_at timestamp,
    jira_dvcs_server_last_sync_at timestamp);
CREATE TABLE project_features (id bigint, project_id bigint, builds_access_level integer,
    created_at timestamp, repository_access_level integer, monitor_access_level integer);
CREATE TABLE project_secrets_managers (id bigint, created_at timestamptz, status smallint);
CREATE TABLE projects (id bigint, created_at timestamp, creator_id bigint, namespace_id bigint,
    import_type varchar, mirror boolean, mirror_trigger_builds boolean,
    service_desk_enabled boolean, disable_overriding_approvers_per_merge_request boolean);
CREATE TABLE releases (id bigint, created_at timestamp, author_id bigint);
CREATE TABLE remote_mirrors (id bigint, created_at timestamp, project_id bigint, enabled boolean);
CREATE TABLE saml_group_links (id bigint, created_at timestamptz);
CREATE TABLE security_orchestration_policy_configurations (id bigint, created_at timestamptz,
    project_id bigint, namespace_id bigint);
CREATE TABLE security_scans (id bigint, created_at timestamptz, build_id bigint,
    scan_type smallint, pipeline_id bigint);
CREATE TABLE sentry_issues (id bigint);
CREATE TABLE service_desk_settings (project_id bigint, custom_email_enabled boolean);
CREATE TABLE slack_integrations (id bigint, created_at timestamp, bot_user_id text);
CREATE TABLE suggestions (id bigint, note_id bigint);
CREATE TABLE terraform_states (id bigint, created_at timestamptz, project_id bigint);
CREATE TABLE todos (id bigint, author_id bigint, created_at timestamp);
CREATE TABLE uploads (id bigint, created_at timestamp);
CREATE TABLE user_highest_roles (user_id bigint, highest_access_level integer);
CREATE TABLE user_member_roles (id bigint, user_id bigint, created_at timestamptz);
CREATE TABLE users (id bigint, created_at timestamp, updated_at timestamp, admin boolean,
    state varchar, dashboard integer, external boolean, last_activity_on date, group_view integer,
    user_type smallint);
CREATE TABLE vulnerability_reads (id bigint, vulnerability_id bigint, project_id bigint,
    report_type smallint);
CREATE TABLE vulnerability_state_transitions (id bigint, vulnerability_id bigint,
    to_state smallint, created_at timestamptz);
CREATE TABLE web_hooks (id bigint, created_at timestamp);
CREATE TABLE work_item_types (id bigint, base_type smallint, created_at timestamptz);
CREATE TABLE workspaces (id bigint, created_at timestamptz);
CREATE TABLE workspaces_agent_configs (id bigint, created_at timestamptz, cluster_agent_id bigint);
CREATE TABLE zoom_meetings (id bigint, issue_id bigint, created_at timestamptz,
    issue_status smallint);
-- Tables that structure.sql has with these columns before or after those versions.
CREATE TABLE clusters_applications_cert_managers (id bigint, cluster_id bigint,
    created_at timestamptz, status integer);
CREATE TABLE clusters_applications_cilium (id bigint, cluster_id bigint, created_at timestamptz,
    status integer);
CREATE TABLE clusters_applications_crossplane (id bigint, cluster_id bigint,
    created_at timestamptz, status integer);
CREATE TABLE in_product_marketing_emails (id bigint, user_id bigint, cta_clicked_at timestamptz,
    track smallint, series smallint, created_at timestamptz);
CREATE TABLE issues_prometheus_alert_events (issue_id bigint, created_at timestamptz);
CREATE TABLE issues_self_managed_prometheus_alert_events (issue_id bigint, created_at timestamptz);
CREATE TABLE namespace_settings (namespace_id bigint, created_at timestamptz,
    subgroup_runner_token_expiration_interval integer,
    project_runner_token_expiration_interval integer, duo_features_enabled boolean,
    lock_duo_features_enabled boolean, mcp_server_enabled boolean);
CREATE TABLE project_security_settings (project_id bigint, created_at timestamptz,
    validity_checks_enabled boolean);
CREATE TABLE user_details (user_id bigint, provisioned_by_group_id bigint,
    provisioned_by_group_at timestamptz);
CREATE TABLE user_preferences (id bigint, user_id bigint, created_at timestamptz,
    gitpod_enabled boolean, policy_advanced_editor boolean, emoji_autocomplete_enabled boolean);
CREATE TABLE webauthn_registrations (id bigint, user_id bigint, created_at timestamptz,
    authentication_mode smallint);

-- Tables that were not looked up in structure.sql: columns as GitLab's models use them.
CREATE TABLE ai_catalog_items (id bigint, created_at timestamptz, item_type smallint,
    public boolean);
CREATE TABLE ai_catalog_item_consumers (id bigint, created_at timestamptz, group_id bigint,
    project_id bigint, enabled boolean);
CREATE TABLE alert_management_alerts (id bigint, created_at timestamptz, issue_id bigint,
    project_id bigint);
CREATE TABLE alert_management_http_integrations (id bigint, created_at timestamptz,
    project_id bigint, active boolean);
CREATE TABLE analytics_cycle_analytics_group_stages (id bigint, created_at timestamptz,
    custom boolean);
CREATE TABLE ci_pipeline_schedules (id bigint, created_at timestamp, owner_id bigint);
CREATE TABLE compliance_management_frameworks (id bigint, created_at timestamptz,
    pipeline_configuration_full_path text);
CREATE TABLE compliance_requirements (id bigint, created_at timestamptz, framework_id bigint);
CREATE TABLE deployment_approvals (id bigint, created_at timestamptz, user_id bigint);
CREATE TABLE deployments (id bigint, created_at timestamp, user_id bigint, status smallint);
CREATE TABLE external_status_checks (id bigint, created_at timestamptz, project_id bigint);
CREATE TABLE geo_nodes (id bigint);
CREATE TABLE group_import_states (group_id bigint, created_at timestamptz, user_id bigint);
CREATE TABLE group_secrets_managers (id bigint, created_at timestamptz, status smallint);
CREATE TABLE identities (id bigint, created_at timestamp, user_id bigint, provider varchar);
CREATE TABLE merge_requests (id bigint, created_at timestamp, author_id bigint,
    target_project_id bigint, state_id smallint);
CREATE TABLE milestone_releases (milestone_id bigint, release_id bigint);
CREATE TABLE milestones (id bigint, created_at timestamp, group_id bigint);
CREATE TABLE notes (id bigint, created_at timestamp, author_id bigint);
CREATE TABLE operations_feature_flags (id bigint, created_at timestamptz);
CREATE TABLE p_ci_builds (id bigint, created_at timestamp, partition_id bigint, type varchar,
    name varchar, user_id bigint, project_id bigint) PARTITION BY LIST (partition_id);
CREATE TABLE p_ci_job_artifacts (id bigint, created_at timestamptz, partition_id bigint,
    project_id bigint, file_type integer) PARTITION BY LIST (partition_id);
CREATE TABLE p_ci_pipelines (id bigint, created_at timestamp, partition_id bigint, source integer,
    config_source integer, user_id bigint) PARTITION BY LIST (partition_id);
CREATE TABLE packages_cleanup_policies (project_id bigint, created_at timestamptz,
    keep_n_duplicated_package_files text);
CREATE TABLE packages_packages (id bigint, created_at timestamptz, project_id bigint);
CREATE TABLE packages_protection_rules (id bigint, created_at timestamptz, project_id bigint);
CREATE TABLE pages_domains (id bigint);
CREATE TABLE path_locks (id bigint, created_at timestamp, user_id bigint);
CREATE TABLE pool_repositories (id bigint);
CREATE TABLE project_compliance_framework_settings (id bigint, project_id bigint,
    framework_id bigint, created_at timestamptz);
CREATE TABLE protected_branches (id bigint, created_at timestamp, project_id bigint, name varchar,
    code_owner_approval_required boolean);
CREATE TABLE protected_environment_approval_rules (id bigint, created_at timestamptz,
    protected_environment_id bigint, required_approvals smallint);
CREATE TABLE protected_environments (id bigint, created_at timestamptz,
    required_approval_count integer);
CREATE TABLE snippets (id bigint, created_at timestamp, type varchar, author_id bigint);
CREATE TABLE users_ops_dashboard_projects (id bigint, created_at timestamptz, user_id bigint);
CREATE TABLE virtual_registries_packages_maven_registries (id bigint, created_at timestamptz,
    group_id bigint);
CREATE TABLE virtual_registries_settings (id bigint, created_at timestamptz, enabled boolean);
CREATE TABLE work_item_parent_links (id bigint, created_at timestamptz,
    work_item_parent_id bigint);
