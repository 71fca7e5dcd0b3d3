# A user's systemd on a machine of its own: private /run and cgroups; whatever it starts ends with this script.
# usage: unshare -m sh schedule-systemd.sh PRIVATE_FOLDER HOME SYSTEMD_ROOT NODE COMMAND CONFIG
set -eu
private=$1

mount --make-rprivate /
mkdir "$private/cgroup"
mount -t cgroup2 none "$private/cgroup"
cgroup=$private/cgroup/gnu-mlops-test-$$
mkdir "$cgroup"

finish() {
  # A signal that comes now would leave half of it.
  trap - EXIT
  trap '' INT TERM
  echo 1 >"$cgroup/cgroup.kill" || true
  until find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null; do sleep 0.1; done
}
trap finish EXIT
trap 'exit 1' INT TERM

cat >"$private/inside.sh" <<'INSIDE'
set -eu
private=$1 home=$2 root=$3 node=$4 command=$5 config=$6
mount --make-rprivate /
mount -t tmpfs tmpfs /run
# Its own cgroup is the root that it sees.
mount -t cgroup2 none /sys/fs/cgroup
export HOME="$home" XDG_RUNTIME_DIR=/run/user/0
# What sd_booted(3) looks for.
mkdir -p /run/systemd/system "$XDG_RUNTIME_DIR"
chmod 700 "$XDG_RUNTIME_DIR"
for manager in "$root/usr/lib/systemd/systemd" "$root/lib/systemd/systemd"; do [ -x "$manager" ] && break; done
export SYSTEMD_UNIT_PATH="$home/.config/systemd/user:$root/usr/lib/systemd/user"
"$manager" --user &
until systemctl --user list-units >/dev/null 2>&1; do sleep 0.1; done
"$node" "$command" schedule install --target systemd --config "$config"
echo "systemd starts"
until [ -e "$private/fired" ]; do sleep 0.1; done
systemctl --user list-timers --all --no-pager
unit=$(basename "$home"/.config/systemd/user/gnu-mlops-*.service)
until [ "$(systemctl --user show "$unit" --property=ActiveState --value)" = inactive ]; do sleep 0.1; done
systemctl --user show "$unit" --property=Result --property=ExecMainStatus
"$node" "$command" schedule list --config "$config"
"$node" "$command" schedule install --target systemd --uninstall --config "$config"
systemctl --user list-timers --all --no-pager
echo "systemd ends"
INSIDE

# Signals are heard while the shell waits for a child in the background.
sh -c 'echo $$ >"$0/cgroup.procs"; exec unshare -m -C sh "$@"' "$cgroup" "$private/inside.sh" "$@" &
wait $!
