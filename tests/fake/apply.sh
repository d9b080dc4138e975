# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# For tests of `sluice apply` on the fake kernel: a boot loader's tool, a log of this test alone, files, and all that plans change.

begin_apply() {
	mount -t tmpfs tmpfs /var/log
	mkdir -p /etc/sluice
	printf '#!/bin/sh\ncat /etc/default/grub.d/*.cfg >/boot/grub.made 2>/dev/null; exit 0\n' >/usr/sbin/update-grub
	chmod 755 /usr/sbin/update-grub
	/usr/sbin/update-grub
}

# file NAME LINE…: a configuration with the aliases of the host igb.
file() {
	local name=$1

	shift
	{
		echo 'version: 1'
		echo 'aliases:'
		echo '  up: {path: "0000:00/01.0/00.0", ids: "8086:10c9"}'
		echo '  other: {path: "0000:00/02.0/00.0", ids: "8086:10c9"}'
		echo '  disk: {path: "0000:00/03.0/00.0", ids: "1b36:0010"}'
		[ $# = 0 ] || printf '%s\n' "$@"
	} >"$work/$name.yaml"
}

files_of_plans="/boot/grub.made /etc/default/grub.d/sluice.cfg /etc/modprobe.d/sluice.conf /etc/modprobe.d/sluice-blacklist.conf
	/etc/modules-load.d/sluice.conf /etc/tmpfiles.d/sluice.conf /etc/kernel/cmdline"

# All that plans change, and what else a person would miss.
everything() {
	local file

	# A file that was never whole has another name, and is nobody's: the next write takes that name.
	state | grep -v '^./.lock$' | grep -v '/\.[^/]*\.new$' || true
	sluice --json vf list | jq -c '.vfs[] | {address, mac, vlan, qos, spoofchk, trust, max_tx_rate, link_state}'
	for file in $files_of_plans; do
		[ ! -e "$file" ] || { echo "$file:"; cat "$file"; }
		[ ! -e "${file%/*}/.${file##*/}.new" ] || echo "left: $file"
	done
	[ ! -e /var/lib/sluice/journal/pending.json ] || echo "an apply is pending"
}

# As at the beginning, with the files and the journal.
fresh_host() {
	fresh
	# shellcheck disable=SC2086
	rm -f $files_of_plans /var/log/sluice.log
	rm -rf /var/lib/sluice/journal
	/usr/sbin/update-grub
}
