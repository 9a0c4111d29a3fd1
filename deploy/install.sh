#!/bin/sh
# Installs or upgrades the service on Debian or Ubuntu. As root, in a clone of the project: sh deploy/install.sh
# Does again without harm what has been done; never touches settings that exist, figures, or content edited in /opt.
set -eu
clone=$(cd "$(dirname "$0")/.." && pwd)
target=/opt/tabayyan

say() { printf '%s\n' "$*"; }
stop() { printf '%s\n' "$*" >&2; exit 2; }

[ "$(id -u)" -eq 0 ] || stop "Run it as root: sudo sh deploy/install.sh"
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' ||
  stop "Python 3.11, 3.12 or 3.13 is needed. Name it: sudo PYTHON=/usr/bin/python3.12 sh deploy/install.sh"
"$python" -c 'import ensurepip, venv' 2>/dev/null || stop "venv is missing: apt install python3-venv"

id tabayyan >/dev/null 2>&1 ||
  useradd --system --home-dir /var/lib/tabayyan --shell /usr/sbin/nologin tabayyan

runuser -u tabayyan -- "$(command -v "$python")" -c '' 2>/dev/null || stop "The bot's own user may not run $(command -v "$python"). \
Use the system's: sudo PYTHON=/usr/bin/python3 sh deploy/install.sh"

if [ "$clone" != "$target" ]; then
  say "Copying the program to $target ..."
  mkdir -p "$target"
  for part in bot storage locales deploy pyproject.toml requirements.lock README.md LICENSE NOTICE .env.example; do
    rm -rf "${target:?}/$part"
    cp -R "$clone/$part" "$target/$part"
  done
  # Content may have been edited here: only what is missing is copied.
  if [ -d "$target/content" ]; then
    say "Kept $target/content as it is. New words lie in $clone/content: compare with diff -r."
  else
    cp -R "$clone/content" "$target/content"
  fi
fi

say "Installing the libraries (one to three minutes) ..."
[ -x "$target/.venv/bin/python" ] || "$python" -m venv "$target/.venv"
"$target/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$target/requirements.lock"
"$target/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable "$target"

# Whatever this shell's umask: the bot reads its program, and cannot write it.
chmod -R u+rwX,go+rX,go-w "$target"

install -d -o tabayyan -g tabayyan -m 0700 /var/lib/tabayyan
if [ ! -e /etc/tabayyan.env ]; then
  sed 's|^#\(TABAYYAN_DATA_DIR=\)|\1|' "$target/.env.example" > /etc/tabayyan.env
fi
# Its own user reads it, so that doctor and backup find what the service uses; nobody else does.
chown root:tabayyan /etc/tabayyan.env
chmod 0640 /etc/tabayyan.env

install -m 0755 "$target/deploy/tabayyan" /usr/local/bin/tabayyan
for unit in tabayyan.service tabayyan-backup.service tabayyan-backup.timer; do
  install -m 0644 "$target/deploy/$unit" "/etc/systemd/system/$unit"
done
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
say "Installed. Next:
  1. nano /etc/tabayyan.env          the token from @BotFather, and a password for the staff's pages
  2. tabayyan doctor                 looks at everything and says what is missing
  3. systemctl enable --now tabayyan tabayyan-backup.timer
  4. journalctl -u tabayyan -f       \"The bot has started\" comes after about a minute at the first start"
