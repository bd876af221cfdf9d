#compdef service-ping
# Completion of service-ping for zsh.
# Made from the table of verbs, agent/verbs/verbs.c, by 'make golden'; edit that instead.

local curcontext=$curcontext state line
local -A opt_args
local -a specs verbs

verbs=(
    'run:be the agent: collect and send by the schedule, without end'
    'check:check settings and definitions, without any server'
    'plan:show the passes that a run would make, and what they would cost'
    'explain:show where one number comes from, and how it is counted here'
    'grants:print the SQL that lets a role read what is counted, and nothing else'
    'metrics:list the metrics that the definitions in force ask for'
    'queries:print the SQL, or the Redis keys, of every metric; needs no server'
    'doctor:try everything that is needed, one sentence each'
    'preview:collect, and show exactly what would be sent'
    'send:send the ping that was previewed, or collect and send one'
    'consent:answer whether metrics are collected and sent, or show how that stands'
    'diff:show what changed: definitions since they were approved, or one ping to another'
    'accept:approve definitions that are new, changed or gone'
    'status:show consent, the next and the last run, what waits, what is held'
    'history:list the pings that were made, the newest first'
    'show:show one ping, by its number or the beginning of its id'
    'export:write a ping to a file, to be carried across an air gap'
    'upload:post an exported ping from a machine that reaches the endpoint'
    'import:keep the receipt that '\''upload'\'' brought, so that the ping is sent'
    'recover:save what can be read of a damaged store, under the same identity'
    'track:count one event, or with --stdin many'
    'receive:be the central side: take pings and store them as rows'
    'version:print the version'
    'help:print this help, or a verb'\''s own'
)
specs=(
    '*'{-c,--config=}'[the settings, instead of /etc/service-ping/service-ping.yml]:FILE:_files'
    --print-settings'[print the settings in force and end]'
    '(-q --quiet)'{-q,--quiet}'[no progress and no remarks on stderr]'
    '(-v --verbose)'{-v,--verbose}'[more of both]'
    '(-h --help)'{-h,--help}'[this help; after a verb, the verb'\''s own]'
    '(-V --version)'{-V,--version}'[print the version and end]'
)

_arguments -C $specs ':verb:->verb' '*:: :->words'
if [[ $state == words ]]; then
    case $words[1] in
    check) specs+=(
        '*'--payload='[hold a payload, as '\''preview'\'' and '\''export'\'' write it, against its schema]:FILE:_files'
        ) ;;
    plan) specs+=(
        '*'--format='[how to print it; a table unless given]:one of these:(table json)'
        ) ;;
    explain) specs+=(
        '*'--format='[how to print it; text unless given]:one of these:(text json)'
        --offline'[ask no server: the definition and what it means]'
        '1:KEY_PATH:'
        ) ;;
    grants) specs+=(
        '*'--role='[the role in the databases; service-ping unless given]:NAME:'
        ) ;;
    metrics) specs+=(
        '*'--format='[how to print it; yaml is one list of whole definitions]:one of these:(table json yaml)'
        '*'--metric='[only metrics whose key path matches: '\''counts.*'\'', '\''*issues*'\'']:GLOB:'
        '*'--category='[only metrics of this data category]:one of these:(standard subscription operational optional)'
        '*'--source='[only metrics of these sources, a list: database,redis,events,system]:NAMES:'
        ) ;;
    queries) specs+=(
        '*'--format='[json (unless given) and yaml are nested as the payload is; sql is a script of statements]:one of these:(json yaml sql)'
        '*'--metric='[only metrics whose key path matches: '\''counts.*'\'', '\''*issues*'\'']:GLOB:'
        '*'--category='[only metrics of this data category]:one of these:(standard subscription operational optional)'
        '*'--source='[only metrics of these sources, a list: database,redis,events,system]:NAMES:'
        ) ;;
    preview) specs+=(
        '*'--format='[json prints the exact bytes that would be sent]:one of these:(table json)'
        '*'--html='[write it all as one page for a browser; '\''-'\'' is stdout]:FILE:_files'
        --sealed'[collect nothing: show the ping that was sealed and not sent yet]'
        '*'--metric='[only metrics whose key path matches: '\''counts.*'\'', '\''*issues*'\'']:GLOB:'
        '*'--category='[only metrics of this data category]:one of these:(standard subscription operational optional)'
        '*'--source='[only metrics of these sources, a list: database,redis,events,system]:NAMES:'
        ) ;;
    consent) specs+=(
        '*'--category='[permit only these data categories; given once for each. Those of the last answer unless given]:one of these:(standard subscription operational optional)'
        --yes'[ask nothing on a terminal]'
        '1:one of these:(on local off status)'
        ) ;;
    diff) specs+=(
        '*'--format='[how to print it; text unless given]:one of these:(text json)'
        '*:\[ID ID\]:'
        ) ;;
    accept) specs+=(
        '*'--category='[all of a data category; may be given more than once]:one of these:(standard subscription operational optional)'
        --all'[everything that is new, changed or gone]'
        '*:\[KEY_PATH|GLOB\]...:'
        ) ;;
    status) specs+=(
        '*'--format='[how to print it; text unless given]:one of these:(text json)'
        ) ;;
    history) specs+=(
        '*'--format='[how to print it; a table unless given]:one of these:(table json)'
        --verify'[check every digest, the chain from ping to ping, and the receipts; exit 1 if anything is wrong]'
        ) ;;
    show) specs+=(
        '*'--format='[json prints the exact bytes; a summary unless given]:one of these:(summary json)'
        '1:ID:'
        ) ;;
    export) specs+=(
        '*'--output='[where to write it; FILE.meta.json beside it says whose it is]:FILE:_files'
        '1:\[ID\]:'
        ) ;;
    upload) specs+=(
        '1:FILE:_files'
        ) ;;
    import) specs+=(
        '1:FILE:_files'
        ) ;;
    recover) specs+=(
        --new-identity'[begin as a new instance if the identity cannot be read]'
        ) ;;
    track) specs+=(
        '*'--user='[who did it]:ID:'
        '*'--project='[in which project]:ID:'
        '*'--namespace='[in which namespace]:ID:'
        '*'--label='[the event'\''s label]:TEXT:'
        '*'--property='[the event'\''s property]:TEXT:'
        '*'--value='[the event'\''s value]:NUMBER:'
        '*'--set='[another property, a text; NAME:=VALUE gives a number]:NAME=VALUE:'
        --stdin'[read events from stdin, a JSON object a line: event, user, project, namespace, label, property, value and others by their names]'
        '1:EVENT:'
        ) ;;
    receive) specs+=(
        '*'--listen='[where to listen, instead of the setting]:HOST\:PORT:'
        '*'--once='[end after N posts were answered]:N:'
        ) ;;
    help) specs+=(
        '1:\[VERB\]:->verb'
        ) ;;
    esac
    curcontext=${curcontext%:*}-$words[1]:
    state=
    _arguments $specs
fi
[[ $state == verb ]] && _describe -t verbs verb verbs
