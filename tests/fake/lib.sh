# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Functions for scripts that tests/fake/run runs. The fake's own shell does them all, so that nothing here writes to the host.

# fake LINE…: how the kernel behaves from now on (tests/fake/describe.c): fake fault write '*/sriov_numvfs' errno=ENOMEM
fake() { printf '%s\n' "$*" >"$FAKE/control"; }

# As at the beginning; nothing written down either.
fresh() {
	fake reset
	rm -rf /run/sluice/* /var/lib/sluice/*
}

# What was written to the host since the beginning, in order; how many writes.
written() { cat "$FAKE/log"; }
written_count() { wc -l <"$FAKE/log"; }

# Wait until a write to this hangs.
wait_for_hang() {
	for _ in $(seq 1200); do
		! grep -q "$1 hangs" "$FAKE/log" || return 0
		sleep 0.05
	done
	echo "nobody hangs in $1"
	return 1
}

# A command in a process group of its own, which a fault can kill as a whole.
alone() { setsid -w "$@"; }

# What the host is like, for comparing: drivers, overrides, VFs and whose they are, what is left in /run/sluice.
state() (
	cd /sys/bus/pci/devices || exit
	find -H -- * -maxdepth 1 \( -name driver -o -name physfn \) -printf '%p %l\n' 2>/dev/null | sed 's,[^ ]*/\([^/]*\)$,\1,; s,/, ,' |
		sort
	grep -H . -- */driver_override */sriov_numvfs */sriov_drivers_autoprobe
	cd /run/sluice && find . -type f ! -name .lock ! -path './users/*' | sort
)

# ip of this network namespace's own kernel, which the fake's netlink is not.
real_ip() { env -u LD_PRELOAD ip "$@"; }
