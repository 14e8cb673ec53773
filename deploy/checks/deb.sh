#!/usr/bin/env bash
# Installs a .deb in a small Debian that really boots systemd, starts the unit, sends a code, stops it, removes the package.
# Usage: deb.sh FILE.deb CACHE_FOLDER
set -euo pipefail
deb=$(readlink -f "$1")
mkdir -p "$2"
cache=$(readlink -f "$2")
[[ $(id -u) = 0 ]] || { echo 'skipped: needs root'; exit 0; }
for tool in systemd-nspawn mmdebstrap; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is missing (apt-get install -y --no-install-recommends systemd-container mmdebstrap)"; exit 0; }
done
if [[ ! -d $cache/debian ]]; then
  rm -rf "$cache/debian.part"
  mmdebstrap --quiet --mode=root --variant=important --include=systemd,systemd-sysv,dbus,ca-certificates,libstdc++6,curl,adduser,openssl \
    bookworm "$cache/debian.part" || { echo 'skipped: mmdebstrap cannot make a Debian here'; exit 0; }
  mv "$cache/debian.part" "$cache/debian"
fi
# A copy, so that the next run finds it as it was.
root=$(mktemp -d "$cache/run.XXXXXX")
trap 'rm -rf "$root"' EXIT
cp -a --reflink=auto "$cache/debian/." "$root"
cp "$deb" "$root/root/countersign.deb"
cat >"$root/root/test.sh" <<'T'
set -eux
dpkg -i /root/countersign.deb
test "$(stat -c %a /etc/countersign/master-keys)" = 600
cp /etc/countersign/master-keys /root/master-keys
printf 'OTP_SMTP_URL=smtp://127.0.0.1:1\nOTP_EMAIL_FROM=a@example.com\nPORT=18734\n' >>/etc/countersign/countersign.env
systemctl start countersign
for i in $(seq 100); do curl -fs http://127.0.0.1:18734/readyz && break; sleep 0.2; done
curl -fs -H "Authorization: Bearer $(cat /etc/countersign/bootstrap-api-key)" -H 'content-type: application/json' \
  http://127.0.0.1:18734/otp.v1.OtpService/Send -d '{"recipients":{"email":"a@example.com"},"sandbox":true}' | grep -q SESSION_STATUS_PENDING
test "$(stat -c %a /var/lib/countersign)" = 700
countersign --version
runuser -u countersign -- env OTP_DATA_DIR=/var/lib/countersign countersign backup create /var/lib/countersign/backup.db
test -s /var/lib/countersign/backup.db
test "$(stat -c %U "/proc/$(systemctl show countersign -p MainPID --value)")" = countersign
dpkg -i /root/countersign.deb
cmp /etc/countersign/master-keys /root/master-keys
systemctl is-active countersign
systemctl stop countersign
test "$(systemctl show countersign -p Result --value)" = success
echo OTP_HASH=none >>/etc/countersign/countersign.env
systemctl start countersign || true
for i in $(seq 50); do test "$(systemctl is-active countersign)" = failed && break; sleep 0.2; done
test "$(systemctl show countersign -p ExecMainStatus --value)" = 78
test "$(systemctl show countersign -p NRestarts --value)" = 0
dpkg -r countersign
echo 1 passed, 0 failed
T
cat >"$root/etc/systemd/system/check.service" <<'U'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'sh /root/test.sh >/root/out.log 2>&1; systemctl poweroff --force'
U
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf ../check.service "$root/etc/systemd/system/multi-user.target.wants/check.service"
timeout 120 systemd-nspawn -D "$root" -b --register=no --keep-unit --console=pipe </dev/null >"$root/root/console.log" 2>&1 || true
if [[ ! -e $root/root/out.log ]]; then
  tail -n 5 "$root/root/console.log" >&2
  echo 'skipped: systemd-nspawn cannot boot here'
  exit 0
fi
tail -n 1 "$root/root/out.log" | grep -q '^1 passed' || { cat "$root/root/out.log" >&2; echo '0 passed, 1 failed'; exit 1; }
tail -n 1 "$root/root/out.log"
