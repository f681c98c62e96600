# Containers as Docker makes them, without Docker: a process in namespaces of its own (mounts, processes, host name, System V
# IPC), with a root, a /dev and limits of its own, in a control group that bears its number, noted in /var/lib/docker.
# rig/boot puts this into every machine: `. /rig/container.sh`. Works with busybox and with Debian's programs.
# shellcheck shell=sh disable=SC3043  # busybox' and Debian's shells have `local`
#
#   container_make NAME ROOT     notes it as Docker would; ROOT is a script that fills $root, run inside
#   container_start NAME PROGRAM…    starts it anew: a new namespace, and the nodes of this moment
#   container_stop NAME          ends it and everything in it
#   container_pid NAME           the process that runs in it, as the host counts it
# From the environment of container_start: `memlock`, what `ulimit -l` takes; `nodes`, the folders and nodes of /dev that it
# gets, all of /dev by default, as --privileged gives them; `without`, capabilities that it cannot have (setpriv(1)).

containers=/tmp/containers

container_make() {
    local note
    mkdir -p "$containers/$1"
    echo "$2" >"$containers/$1/root"
    # 64 hexadecimal digits.
    head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$containers/$1/id"
    note=/var/lib/docker/containers/$(cat "$containers/$1/id")
    mkdir -p "$note"
    echo "{\"State\":{\"Running\":true},\"ID\":\"$(cat "$containers/$1/id")\",\"Name\":\"/$1\"}" >"$note/config.v2.json"
    echo '{"Binds":null,"Privileged":true}' >"$note/hostconfig.json"
}

# What becomes the container's first process: sh /rig/container.sh inside NAME PROGRAM…
container_inside() {
    name=$1
    shift
    root=$containers/$name/merged
    hostname "$(cut -c1-12 "$containers/$name/id")" || exit
    mkdir -p "$root"
    # shellcheck source=/dev/null
    . "$(cat "$containers/$name/root")" || exit
    mkdir -p "$root/proc" "$root/dev" "$root/old" "$root/etc" "$root/run" "$root/tmp"
    mount -t proc proc "$root/proc" || exit
    mount -t tmpfs tmpfs "$root/run"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev" || exit
    # As at the start of a privileged container: every node that there is, and none that comes later.
    (cd /dev && for node in ${nodes:-*}; do find "$node" \( -type c -o -type d -o -type b \); done) | while read -r path; do
        case $path in pts | pts/* | shm | shm/* | mqueue | mqueue/*) continue ;; esac
        if [ -d "/dev/$path" ]; then mkdir -p "$root/dev/$path"; else cp -a "/dev/$path" "$root/dev/$path"; fi
    done
    mkdir -p "$root/dev/pts" "$root/dev/shm"
    mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666
    mount -t tmpfs tmpfs "$root/dev/shm"
    ln -sf /proc/self/fd "$root/dev/fd"
    ln -sf /proc/self/fd/0 "$root/dev/stdin"
    cd "$root" || exit
    if [ "$(stat -f -c %T /)" = rootfs ] || ! pivot_root . old 2>/dev/null; then
        # The kernel keeps its first root below all others for ever (pivot_root(2)), as switch_root(8) knows.
        cp /rig/container.sh run && mount --move . / && exec chroot . sh /run/container.sh enter "$@"
        exit 1
    fi
    umount -l /old
    cd /
    container_enter "$@"
}

# The rest, with the root in its place: a PROGRAM…
container_enter() {
    # shellcheck disable=SC3045  # busybox' and Debian's shell both have it
    [ -z "${memlock:-}" ] || ulimit -l "$memlock" || exit
    : >/run/started
    if [ -n "${without:-}" ]; then exec setpriv --bounding-set="$without" --inh-caps="$without" "$@"; fi
    exec "$@"
}

container_pid() { cat "$containers/$1/pid" 2>/dev/null; }

container_start() {
    local name group pid tries
    name=$1
    container_stop "$name"
    group=/sys/fs/cgroup/docker/$(cat "$containers/$name/id")
    grep -q ' /sys/fs/cgroup ' /proc/mounts || mount -t cgroup2 cgroup2 /sys/fs/cgroup
    mkdir -p "$group"
    # The shell goes into the group, so that all that it starts is in there.
    sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec unshare -m -u -i -p -f --propagation private sh /rig/container.sh inside "$@"' \
        - "$group" "$@" </dev/null >"$containers/$name/log" 2>&1 &
    tries=100
    while [ $tries -gt 0 ]; do
        tries=$((tries - 1))
        sleep 0.1
        # shellcheck disable=SC2013  # numbers
        for pid in $(cat "$group/cgroup.procs" 2>/dev/null); do
            [ -e "/proc/$pid/root/run/started" ] || continue
            # The first of its own process namespace.
            grep -q "^NSpid:.*[[:space:]]1$" "/proc/$pid/status" || continue
            echo "$pid" >"$containers/$name/pid"
            return 0
        done
    done
    cat "$containers/$name/log"
    return 1
}

container_stop() {
    local pid tries
    pid=$(container_pid "$1") || return 0
    # The first process of a process namespace takes all others with it.
    kill -9 "$pid" 2>/dev/null
    tries=50
    while [ -e "/proc/$pid" ] && [ $tries -gt 0 ]; do
        tries=$((tries - 1))
        sleep 0.1
    done
    rm -f "$containers/$1/pid"
}

case ${1:-} in
inside)
    shift
    container_inside "$@"
    ;;
enter)
    shift
    container_enter "$@"
    ;;
esac
