# Emulated machines that hang: a processor that runs a guest with KVM is now and then not woken again, and stands still
# without any program's fault. Source it after common.bash.
# shellcheck shell=bash

# hung WHAT LOG: says that it is started once more, and keeps LOG beside itself. Nothing of this is silent: Scripts/test
# counts these lines and ends red when there are more than Scripts/floors allows.
hung() {
    echo "HUNG: $1, started once more"
    if [[ -f $2 ]]; then cp "$2" "${2%.log}-hung.log"; fi
}
