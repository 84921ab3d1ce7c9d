# Read by `backup` and `restore-ledger`: how the ledger's database is reached, by the configuration, with PostgreSQL's own tools.
# Sets $address and, where one is named, $schema; makes $work, which goes at the end.
# shellcheck shell=sh

# shellcheck disable=SC2034,SC2154 # $program comes from, and $schema goes to, whoever reads this
# postgres_of ADDRESS: as `vt-monitor config check` shows it, without password and TLS settings.
postgres_of() {
    address=${1%%\?*}
    schema=
    case $1 in *\?schema=*) schema=${1#*\?schema=} ;; esac
    host=${address#*://}
    host=${host#*@}
    host=${host%%/*}
    # As the service does: TLS with a certificate for the host, but on this machine. PGSSLMODE and PGSSLROOTCERT say otherwise.
    case $host in
        '' | :* | localhost | localhost:* | 127.0.0.1 | 127.0.0.1:* | \[::1\]*) ;;
        *)
            export PGSSLMODE="${PGSSLMODE:-verify-full}"
            export PGSSLROOTCERT="${PGSSLROOTCERT:-/etc/ssl/certs/ca-certificates.crt}"
            ;;
    esac
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
