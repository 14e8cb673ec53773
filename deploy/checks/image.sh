#!/usr/bin/env bash
# Builds deploy/Dockerfile without an engine or an image registry, over a base made here in place of the official one, and
# runs it as its page says: uid 1000, read-only root, no capabilities, SIGTERM. Usage: image.sh NODE_BINARY CACHE_FOLDER
set -euo pipefail
cd "$(dirname "$0")/../.."
node=$(readlink -f "$1")
mkdir -p "$2"
cache=$(readlink -f "$2")
[[ $(id -u) = 0 ]] || { echo 'skipped: needs root'; exit 0; }
for tool in buildah mmdebstrap unshare setpriv openssl; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is missing (apt-get install -y --no-install-recommends buildah mmdebstrap)"; exit 0; }
done
export STORAGE_DRIVER=vfs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! buildah inspect --type image localhost/countersign-base:22 >/dev/null 2>&1; then
  [[ -e $cache/base.tar ]] || { mmdebstrap --quiet --mode=root --variant=essential --include=ca-certificates,libstdc++6,passwd \
    bookworm "$cache/base.part.tar" && mv "$cache/base.part.tar" "$cache/base.tar"; } || { echo 'skipped: mmdebstrap cannot make a Debian here'; exit 0; }
  mkdir "$work/base"
  cp "$cache/base.tar" "$work/base/rootfs.tar"
  cp "$node" "$work/base/node"
  cp -rL "$(dirname "$(readlink -f "$(command -v npm)")")/.." "$work/base/npm"
  cp /etc/ssl/certs/ca-certificates.crt "$work/base"
  cat >"$work/base/Containerfile" <<'C'
FROM scratch
ADD rootfs.tar /
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt NPM_CONFIG_CAFILE=/etc/ssl/certs/ca-certificates.crt
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
CMD ["node"]
C
  buildah bud --quiet --isolation chroot -t localhost/countersign-base:22 "$work/base" >/dev/null
fi
buildah bud --quiet --isolation chroot --pull-never --format docker --build-arg NODE=localhost/countersign-base:22 \
  --ignorefile .dockerignore -f deploy/Dockerfile -t localhost/countersign:check . >"$work/build.log" 2>&1 ||
  { cat "$work/build.log" >&2; echo '0 passed, 1 failed'; exit 1; }
container=$(buildah from --pull-never localhost/countersign:check)
m=$(buildah mount "$container")
trap 'buildah umount "$container" >/dev/null; buildah rm "$container" >/dev/null; buildah rmi --prune >/dev/null 2>&1 || true; rm -rf "$work"' EXIT
echo "size of /app: $(du -sm "$m/app" | cut -f1) MB, of the base: $(($(du -sm "$m" | cut -f1) - $(du -sm "$m/app" | cut -f1))) MB" >&2
cat >"$work/probe.mjs" <<'P'
import { readFileSync, writeFileSync } from 'node:fs';
const url = `http://127.0.0.1:${process.env.PORT}/readyz`;
const status = () => fetch(url).then((r) => r.status, () => 0);
for (let i = 0; i < 100 && (await status()) !== 200; i++) await new Promise((r) => setTimeout(r, 200));
const ready = await status();
let root = 'writable';
try { writeFileSync('/app/x', ''); } catch (error) { root = error.code; }
const state = readFileSync('/proc/1/status', 'utf8');
const capabilities = Number(`0x${state.match(/CapEff:\s*(\w+)/)[1]}`);
console.log(JSON.stringify({ ready, root, uid: process.getuid(), capabilities, noNewPrivileges: /NoNewPrivs:\s*1/.test(state) }));
process.kill(1, 'SIGTERM');
P
openssl rand -base64 32 | sed 's/^/1:/' >"$work/master-keys"
chmod 644 "$work/master-keys" "$work/probe.mjs"
export m work
ended=0
# Only the service is process 1 here, as in a container.
# shellcheck disable=SC2016
timeout 90 unshare -m -p -f --kill-child bash -c '
  mount --bind "$m" "$m"; mount -t proc proc "$m/proc"; mount -t tmpfs tmpfs "$m/tmp"; cp "$work/probe.mjs" "$work/master-keys" "$m/tmp/"
  mount -t tmpfs -o uid=1000,gid=1000,mode=0700 tmpfs "$m/data"; mount --bind /dev "$m/dev"; mount -o remount,ro,bind "$m"
  exec chroot "$m" /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin NODE_ENV=production OTP_ENV=production HOST=127.0.0.1 PORT=18739 OTP_DATA_DIR=/data \
    OTP_MASTER_KEYS_FILE=/tmp/master-keys OTP_BOOTSTRAP_API_KEY=sk_otp_live_0000000000000000000000000000 OTP_SMTP_URL=smtp://127.0.0.1:1 OTP_EMAIL_FROM=a@example.com \
    /usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
    sh -c "cd /app; node /tmp/probe.mjs & exec node dist/server/cli/main.js start"' >"$work/out" 2>&1 || ended=$?
if [[ $ended = 0 ]] && grep -q '{"ready":200,"root":"EROFS","uid":1000,"capabilities":0,"noNewPrivileges":true}' "$work/out"; then
  echo '1 passed, 0 failed'
else
  cat "$work/out" >&2
  echo "0 passed, 1 failed"
  exit 1
fi
