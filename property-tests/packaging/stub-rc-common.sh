#!/bin/sh
# stub-rc-common.sh SCRIPT ACTION: runs an init script as OpenWrt's rc.common does, and prints what it
# asks of procd, one call a line, words between tabs. SECTIONS names a file of lines `type name option
# value`; OVERRIDES one that is read after the script, for paths that are others here.
# shellcheck disable=SC1090 # the script is what is tested
set -eu
initscript=$1
action=$2

told() {
	printf '%s' "$1"
	shift
	[ "$#" -eq 0 ] || printf '\t%s' "$@"
	printf '\n'
}

for call in procd_open_instance procd_close_instance procd_set_param procd_open_data \
	procd_close_data procd_set_config_changed procd_add_reload_trigger procd_add_raw_trigger \
	procd_kill json_add_array json_close_array json_add_object json_close_object json_add_string; do
	eval "$call() { told $call \"\$@\"; }"
done

logger() {
	told logger "$@"
	cat
}

config_load() {
	told config_load "$1"
}

config_get() {
	# shellcheck disable=SC2034 # eval uses it
	while read -r _ name option value; do
		if [ "$name" = "$2" ] && [ "$option" = "$3" ]; then
			eval "$1=\$value"
			return 0
		fi
	done <"$SECTIONS"
	eval "$1=\${4:-}"
}

config_foreach() {
	# shellcheck disable=SC2013 # names have no spaces
	for name in $(awk -v type="$2" '$1 == type && !seen[$2]++ { print $2 }' "$SECTIONS"); do
		"$1" "$name"
	done
}

# A list stands in as many lines as it has items.
config_list_foreach() {
	# shellcheck disable=SC2013 # items have no spaces
	for item in $(awk -v name="$1" -v option="$2" '$2 == name && $3 == option { print $4 }' "$SECTIONS"); do
		"$3" "$item"
	done
}

start_service() { return 0; }
stop_service() { return 0; }
service_triggers() { return 0; }
service_started() { return 0; }
start() {
	start_service
	service_triggers
	service_started
}
stop() {
	stop_service
	procd_kill "$(basename "$initscript")"
}
reload() {
	if type reload_service >/dev/null 2>&1; then reload_service; else start; fi
}

. "$initscript"
[ "${USE_PROCD:-}" = 1 ] || {
	echo "not a procd script" >&2
	exit 1
}
[ -z "${OVERRIDES:-}" ] || . "$OVERRIDES"
"$action"
