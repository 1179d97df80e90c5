#!/bin/sh
# Remote Desktop with TLS after the X.224 negotiation, on 127.0.0.1, in the foreground; SIGTERM ends
# it. Package: xrdp.
# Usage: xrdp.sh CHAIN KEY PORT [WORKDIR]; NOTLS=1 in the environment selects standard RDP security.
set -eu
[ $# -ge 3 ] || { echo "usage: $0 CHAIN KEY PORT [WORKDIR]" >&2; exit 2; }
PATH=$PATH:/usr/sbin
command -v xrdp >/dev/null || { echo "missing program: xrdp" >&2; exit 3; }
d=${4:-$(mktemp -d)}
mkdir -p "$d"
d=$(cd "$d" && pwd)
cp "$1" "$d/chain.pem"
cp "$2" "$d/key.pem"
layer=tls
[ -z "${NOTLS:-}" ] || layer=rdp
cat > "$d/xrdp.ini" <<INI
[Globals]
ini_version=1
fork=true
port=tcp://127.0.0.1:$3
security_layer=$layer
certificate=$d/chain.pem
key_file=$d/key.pem
ssl_protocols=TLSv1.2, TLSv1.3
[Logging]
LogFile=$d/log
LogLevel=WARNING
EnableSyslog=false
INI
exec xrdp --nodaemon --config "$d/xrdp.ini"
