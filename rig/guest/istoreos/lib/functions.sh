# Stands in for OpenWrt's: reading /etc/config in init scripts.
# shellcheck shell=sh

# config_load NAME: its sections as variables.
config_load() { eval "$(awk -f /usr/lib/rig/uci.awk -v out=shell "/etc/config/$1" 2>/dev/null)"; }
# config_foreach FUNCTION [TYPE] [ARGUMENT…]: FUNCTION SECTION ARGUMENT…, for each section of the TYPE.
config_foreach() {
    _function=$1 _type=$2
    shift
    [ $# = 0 ] || shift
    for _section in $CONFIG_SECTIONS; do
        config_get _found "$_section" TYPE
        [ -n "$_type" ] && [ "$_found" != "$_type" ] || "$_function" "$_section" "$@"
    done
}
# config_get VARIABLE SECTION OPTION [DEFAULT]
config_get() { eval "$1=\${CONFIG_${2}_${3}:-\$4}"; }
# config_get_bool VARIABLE SECTION OPTION [DEFAULT]: 0 or 1
config_get_bool() {
    config_get "$@"
    eval "case \$$1 in 1 | on | true | yes | enabled) $1=1 ;; 0 | off | false | no | disabled) $1=0 ;; *) $1=\${4:-0} ;; esac"
}
