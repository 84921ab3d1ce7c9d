# Read by `backup` and `restore-ledger`: how the ledger's database is reached, by the configuration, with PostgreSQL's own tools.
# Sets $address and, where one is named, $schema; makes $work, which goes at the end.
# shellcheck shell=sh

# shellcheck disable=SC2034,SC2154 # $program comes from, and $schema goes to, whoever reads this
# postgres_of ADDRESS [USER]: as `vt-monitor config check` shows it, without password; TLS as it says. As another user, if one is named.
postgres_of() {
    address=${1%%\?*}
    query=
    case $1 in *\?*) query=${1#*\?} ;; esac
    # Ours alone; the rest is libpq's too.
    schema=$(printf '%s' "$query" | tr '&' '\n' | sed -n 's/^schema=//p')
    query=$(printf '%s' "$query" | tr '&' '\n' | grep -v '^schema=' | paste -s -d '&' -) || true
    host=${address#*://}
    host=${host#*@}
    [ -z "${2:-}" ] || address=postgres://$2@$host
    address=$address${query:+?$query}
    host=${host%%/*}
    # As the service does where the address says nothing: TLS with a certificate for the host, but on this machine.
    case "$query $host" in
        *sslmode=verify-full*) ca=/etc/ssl/certs/ca-certificates.crt ;;
        *sslmode=*' '* | *' %2'[Ff]* | *' ' | *' :'* | *' localhost' | *' localhost:'* | *' 127.0.0.1' | *' 127.0.0.1:'* | *' [::1]'*) ca= ;;
        *)
            export PGSSLMODE="${PGSSLMODE:-verify-full}"
            ca=/etc/ssl/certs/ca-certificates.crt
            ;;
    esac
    # An address that names an authority of its own comes first; without either libpq looks in the user's home.
    [ -z "$ca" ] || export PGSSLROOTCERT="${PGSSLROOTCERT:-$ca}"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT TERM
    if [ -n "${VT_MONITOR_LEDGER_PASSWORD_FILE:-}" ]; then
        # In a file, not an argument: those are for every user of this machine to see.
        printf '*:*:*:*:%s\n' "$(sed -e 's/[\\:]/\\&/g' "$VT_MONITOR_LEDGER_PASSWORD_FILE")" >"$work/pgpass"
        export PGPASSFILE="$work/pgpass"
    fi
}

# ledger_of_configuration: where the ledger is.
ledger_of_configuration() {
    "$program" --json config check | sed -n 's/^  "ledger": "\(.*\)",*$/\1/p'
}
