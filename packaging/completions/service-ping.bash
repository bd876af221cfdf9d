# Completion of service-ping for bash.
# Made from the table of verbs, agent/verbs/verbs.c, by 'make golden'; edit that instead.

_service_ping() {
    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}
    local verb= words= files= options= i verbs='run check plan explain grants metrics queries doctor preview send consent diff accept status history show export upload import recover track receive version help'

    # The shell takes "--format=json" for three words.
    [[ $word == = ]] && word=
    [[ $option == = ]] && option=${COMP_WORDS[COMP_CWORD - 2]}
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -c | --config)
            [[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))
            ((i++)) ;;
        -*) ;;
        *)
            verb=${COMP_WORDS[i]}
            break ;;
        esac
    done

    case $verb in
    check) options='--payload' ;;
    plan) options='--format' ;;
    explain) options='--format --offline' ;;
    grants) options='--role' ;;
    metrics) options='--format --metric --category --source' ;;
    queries) options='--format --metric --category --source' ;;
    preview) options='--format --html --sealed --metric --category --source' ;;
    consent) options='--category --yes' ;;
    diff) options='--format' ;;
    accept) options='--category --all' ;;
    status) options='--format' ;;
    history) options='--format --verify' ;;
    show) options='--format' ;;
    export) options='--output' ;;
    recover) options='--new-identity' ;;
    track) options='--user --project --namespace --label --property --value --set --stdin' ;;
    receive) options='--listen --once' ;;
    esac
    options+=' --config --print-settings --quiet --verbose --help --version'

    case "$verb $option" in
    'check --payload') files=yes ;;
    'plan --format') words='table json' ;;
    'explain --format') words='text json' ;;
    'grants --role') ;;
    'metrics --format') words='table json yaml' ;;
    'metrics --metric') ;;
    'metrics --category') words='standard subscription operational optional' ;;
    'metrics --source') ;;
    'queries --format') words='json yaml sql' ;;
    'queries --metric') ;;
    'queries --category') words='standard subscription operational optional' ;;
    'queries --source') ;;
    'preview --format') words='table json' ;;
    'preview --html') files=yes ;;
    'preview --metric') ;;
    'preview --category') words='standard subscription operational optional' ;;
    'preview --source') ;;
    'consent --category') words='standard subscription operational optional' ;;
    'diff --format') words='text json' ;;
    'accept --category') words='standard subscription operational optional' ;;
    'status --format') words='text json' ;;
    'history --format') words='table json' ;;
    'show --format') words='summary json' ;;
    'export --output') files=yes ;;
    'track --user') ;;
    'track --project') ;;
    'track --namespace') ;;
    'track --label') ;;
    'track --property') ;;
    'track --value') ;;
    'track --set') ;;
    'receive --listen') ;;
    'receive --once') ;;
    *' --config' | *' -c') files=yes ;;
    *)
        case $verb,$word in
        *,-*) words=$options ;;
        ,*) words=$verbs ;;
        *) _service_ping_words ;;
        esac ;;
    esac

    if [[ $files ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    fi
}

# What may stand behind $verb, in the variables of the function above.
_service_ping_words() {
    case $verb in
    explain) ;;
    consent) words='on local off status' ;;
    diff) ;;
    accept) ;;
    show) ;;
    export) ;;
    upload) files=yes ;;
    import) files=yes ;;
    track) ;;
    help) words=$verbs ;;
    esac
}

complete -F _service_ping service-ping
