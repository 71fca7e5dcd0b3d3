# Debian's cron on a machine of its own, in the foreground: private /etc, /run and spool, in this mount namespace only.
# usage: unshare -m sh schedule-cron.sh PRIVATE_FOLDER HOME CRON_ROOT NODE COMMAND PROJECT...
set -eu
private=$1 home=$2 root=$3 node=$4 command=$5
shift 5

mount --make-rprivate /
mount -t tmpfs tmpfs "$private"
cp -a /etc "$private/etc"
mkdir -p "$private/spool/cron/crontabs" "$private/run"

cd "$private/etc"
rm -rf cron.allow cron.deny crontab cron.d/*
mkdir -p cron.d
# Sessions of the machine (login ids, limits) are nothing that a container can always give.
printf 'auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n' >pam.d/cron
sed -i "s#^root:\([^:]*\):0:0:\([^:]*\):[^:]*:.*#root:\1:0:0:\2:$home:/bin/sh#" passwd
grep -q '^crontab:' group || echo 'crontab:x:900:' >>group
chgrp 900 "$private/spool/cron/crontabs" && chmod 1730 "$private/spool/cron/crontabs"

mount --bind "$private/etc" /etc
mount --bind "$private/spool" /var/spool
mount --bind "$private/run" /run

export HOME="$home" PATH="$root/usr/bin:$PATH"
printf '# somebody else\n* * * * * /usr/bin/env >"%s/environment"\n' "$home" | crontab -
for project in "$@"; do
  "$node" "$command" schedule install --config "$project/config.yaml" >/dev/null
done
crontab -l
echo "cron starts"
exec "$root/usr/sbin/cron" -f
