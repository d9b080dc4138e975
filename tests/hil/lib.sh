# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by tests/hil/run before a test: what tests are written with. A test is a list of commands and expectations;
# the first expectation that does not hold ends it. Whatever it started is stopped and given back afterwards.
#
#   run_cmd COMMAND…           run; sets status, stdout, stderr
#   expect_exit N [N…]         its exit status is one of these
#   expect_match REGEX         standard output matches (extended, any line)
#   expect_error REGEX         standard error matches
#   json FILTER                jq -r on standard output;  expect_json FILTER VALUE compares
#   expect_equal WHAT IS WANTED
#   guest_start NAME [OPTION…] a test guest, ready;      guest_run NAME [OPTION…]  the same, not waited for; every
#                              guest's name starts with hil-, by which the runner knows the tests' own
#   guest_listen NAME          the console of a guest that `up` started, for guest_wait and guest_say
#   bare_run NAME WORDS [OPTION…]   the guest of tests/guest/bare/bare.h, with these words on its command line
#   guest_wait NAME REGEX [S]  wait for a line on its console (default 60 s)
#   guest_say NAME COMMAND…    a command of tests/guest/init; sets guest_lines (its answer) and guest_status; waits
#                              for patience (a variable) seconds, 180
#   guest_gone NAME [S]        wait until ps does not know it any more
#   vfs_create COUNT           VFs of $PF with fixed MACs;  vf_mac INDEX  which;  vf_address INDEX
#   expect_untouched INDEX     the VF has no driver, override or lease: as vf create makes it
#   guest_ram NAME             where its memory is in sluice-vmm: "FIRST BYTES" (hexadecimal, decimal), a line for each part
#   own_pss NAME               KiB that sluice-vmm itself takes, without the guest's memory
#   count_resets               from now on the kernel counts function level resets; resets prints how many
#   pf_has_link                wait until the card's link is there again
#   at_end COMMAND             run this line when the test is over, however it ends, the last one first
#   skip REASON                this machine cannot show it
#   tell TEXT                  what is said of the test when it has passed
#   now_ms                     milliseconds since 1970
#
# Variables: what the hardware file says, and work, a folder of the test's own.

fail() {
	echo "FAILED: $*"
	exit 1
}

skip() {
	echo "$*" >"$work/skip"
	exit 77
}

tell() { echo "$*" | tee "$work/told"; }

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# --- commands ---------------------------------------------------------------------------------------------------------

run_cmd() {
	command_line="$*"
	echo "\$ $command_line"
	status=0
	"$@" >"$work/stdout" 2>"$work/stderr" </dev/null || status=$?
	stdout=$(<"$work/stdout")
	stderr=$(<"$work/stderr")
	[ -z "$stdout" ] || head -c 4000 <<<"$stdout"
	[ -z "$stderr" ] || head -c 4000 <<<"$stderr"
}

expect_exit() {
	local wanted

	for wanted; do
		[ "$status" != "$wanted" ] || return 0
	done
	fail "exit status $status, not $*: $command_line"
}

expect_match() { grep -qE -- "$1" <<<"$stdout" || fail "nothing on standard output matches \"$1\": $command_line"; }
expect_error() { grep -qE -- "$1" <<<"$stderr" || fail "nothing on standard error matches \"$1\": $command_line"; }

json() { jq -r "$1" "$work/stdout" || fail "not JSON, or no $1: $command_line"; }
expect_json() { expect_equal "$1" "$(json "$1")" "$2"; }
expect_equal() { [ "$2" = "$3" ] || fail "$1 is \"$2\", not \"$3\""; }

# Of "sluice doctor --json": no check complains. One that does is named. (See pf_has_link.)
expect_no_complaint() {
	expect_equal "what doctor complains of" "$(json '.checks[] | select(.state == "warn" or .state == "fail") |
		"\(.id) of \(.subject): \(.summary) (\(.evidence))"')" ""
}

# An error as cli.md wants it: exit status $1, "error:" matching $2, a hint matching $3, and a code that can be explained.
expect_refusal() {
	expect_exit "$1"
	expect_error "error: .*$2"
	expect_error "^hint: .*${3-.}"
	expect_error "^code: [A-Z]"
	sluice explain "$(sed -n 's/^code: \([A-Z-]*\).*/\1/p' <<<"$stderr")" >"$work/explained" || fail "the code is not explained"
}

# --- devices ----------------------------------------------------------------------------------------------------------

# "none" for none, and for a device that is not there
driver_of() { basename "$(readlink "/sys/bus/pci/devices/$1/driver" || echo none)"; }
vf_address() { basename "$(readlink "/sys/bus/pci/devices/$PF/virtfn$1")"; }
vf_mac() { printf '02:00:00:00:00:%02x' $(($1 + 1)); }

vfs_create() {
	local n

	run_cmd sluice vf create "$PF" "$1"
	expect_exit 0
	for ((n = 0; n < $1; n++)); do
		run_cmd sluice vf set "$PF/$n" "mac=$(vf_mac "$n")"
		expect_exit 0
	done
}

# A card negotiates its link anew when its VFs come or go: a test that asks for its state waits for the end of that.
pf_has_link() {
	local n

	for ((n = 0; n < 100; n++)); do
		[ "$(cat "/sys/class/net/$PF_NETDEV/operstate")" = down ] || return 0
		sleep 0.1
	done
	fail "$PF_NETDEV has no link"
}

expect_untouched() {
	local vf override

	vf=$(vf_address "$1")
	override=$(cat "/sys/bus/pci/devices/$vf/driver_override")
	expect_equal "the driver of $vf" "$(driver_of "$vf")" none
	[ -z "$override" ] || [ "$override" = "(null)" ] || fail "the driver_override of $vf is $override"
	[ ! -e "/run/sluice/devices/$vf" ] || fail "a lease of $vf is left"
}

tracing=/sys/kernel/tracing

count_resets() {
	[ -w $tracing/kprobe_events ] || skip "no kprobes in $tracing: the kernel cannot count resets"
	grep -q ' pcie_flr$' /proc/kallsyms || skip "the kernel has no function pcie_flr to count"
	echo 'p:sluice_flr pcie_flr' >$tracing/kprobe_events
	echo >$tracing/trace
	echo 1 >$tracing/events/kprobes/sluice_flr/enable
	counting=yes
}

resets() { grep -c sluice_flr: $tracing/trace; }

# --- guests -----------------------------------------------------------------------------------------------------------

guests=() counting='' undo=()

at_end() { undo=("$*" "${undo[@]}"); }

# The N-th (0…) address for guests, with and without its length.
guest_net() { cut -d' ' -f$(($1 + 1)) <<<"$GUEST_IPS"; }
guest_ip() { guest_net "$1" | cut -d/ -f1; }

# guest_run NAME [OPTION…]: options are sluice run's; cmdline (a variable) is added to the guest's command line. The
# ELF kernel if there is one: an emulated processor takes long to unpack a bzImage.
guest_run() {
	local name=$1 disk=(--initrd "${initrd:-$GUEST_INITRD}")
	shift
	[ "${kernel-none}" != "${GUEST_BARE-}" ] || disk=()
	[[ $name == hil-* ]] || fail "the guest's name $name does not start with hil-"
	guests+=("$name")
	run_cmd sluice run --name "$name" --kernel "${kernel:-${GUEST_VMLINUX:-$GUEST_KERNEL}}" "${disk[@]}" \
		--cmdline "console=ttyS0 panic=-1 quiet ${cmdline-}" --memory "${memory:-128M}" --cpus "${cpus:-1}" \
		--console socket --detach "$@"
	expect_exit 0
	guest_listen "$name"
}

guest_listen() {
	local name=$1

	rm -f "$work/$name.in"
	mkfifo "$work/$name.in"
	sluice console "$name" <"$work/$name.in" >"$work/$name.console" 2>&1 &
	exec {guest_input}>"$work/$name.in"
	printf -v "guest_input_${name//-/_}" %s "$guest_input"
}

guest_start() {
	guest_run "$@"
	guest_wait "$1" '^GUEST ready' 300 # a loaded machine emulates slowly
}

bare_run() {
	local name=$1 words=$2
	shift 2
	[ -n "${GUEST_BARE-}" ] || skip "GUEST_BARE is not set"
	kernel=$GUEST_BARE memory=${bare_memory:-64M} cmdline=$words guest_run "$name" "$@"
}

guest_console() { tr -d '\r' <"$work/$1.console"; }

guest_wait() {
	local name=$1 regex=$2 seconds=${3:-60} deadline

	deadline=$((SECONDS + seconds))
	until guest_console "$name" | grep -qE -- "$regex"; do
		[ $SECONDS -lt $deadline ] || { guest_console "$name" | tail -n 30; fail "guest $name: no \"$regex\" in $seconds s"; }
		sleep 0.1
	done
}

guest_say() {
	local name=$1 command=$2 input=guest_input_${1//-/_} before deadline=$((SECONDS + ${patience:-180}))
	shift
	before=$(guest_console "$name" | wc -l)
	echo "$name> $*"
	printf '%s\n' "$*" >&"${!input}"
	until guest_lines=$(guest_console "$name" | tail -n +$((before + 1))) && grep -q "^GUEST done $command" <<<"$guest_lines"; do
		[ $SECONDS -lt $deadline ] || fail "guest $name: no answer to \"$*\""
		sleep 0.1
	done
	echo "$guest_lines"
	guest_status=$(sed -n "s/^GUEST done $command \([0-9]*\).*/\1/p" <<<"$guest_lines" | tail -n 1)
}

# The guest answers, and every packet came back.
guest_pings() {
	guest_say "$1" ping "$2" "$3" "${4-}"
	grep -q "^GUEST ping $2 ok $3/$3" <<<"$guest_lines" || fail "guest $1 lost packets to $2"
}

guest_known() { sluice ps --json | jq -e --arg name "$1" '.guests[] | select(.name == $name)' >/dev/null; }

guest_gone() {
	local deadline=$((SECONDS + ${2:-30}))

	while guest_known "$1"; do
		[ $SECONDS -lt $deadline ] || fail "guest $1 is still there after ${2:-30} s"
		sleep 0.2
	done
}

guest_ram() {
	sluice guest "$1" --json | jq -r '.guest.memory_slots[] | select(.what == "ram") | "\(.hva[2:]) \(.size)"'
}

# Mappings that begin inside guest memory are guest memory: the kernel may have cut it into several.
own_pss() {
	local pid first bytes

	pid=$(sluice guest "$1" --json | jq .guest.pid)
	read -r first bytes < <(guest_ram "$1")
	awk -v first=$((0x$first)) -v bytes="$bytes" '
		function hex(text, value, i) {
			for (i = 1; i <= length(text); i++) value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
			return value
		}
		/^[0-9a-f]+-[0-9a-f]+ / { split($1, at, "-"); ram = hex(at[1]) >= first && hex(at[1]) < first + bytes }
		/^Pss:/ && !ram { kib += $2 }
		END { print kib }' "/proc/$pid/smaps"
}

# What the programs are waiting for: for a test that ran out of time.
show_processes() {
	local path

	for path in $(grep -lxE 'sluice|sluice-vmm|kworker/.*' /proc/[0-9]*/comm 2>/dev/null); do
		path=${path%/comm}
		case $(<"$path/comm") in kworker/*) grep -q '^State:.*D ' "$path/status" || continue ;; esac
		echo "--- ${path##*/} $(tr '\0' ' ' <"$path/cmdline") $(grep ^State: "$path/status")"
		cat "$path/stack"
	done
	dmesg | tail -n 20
} 2>/dev/null

# --- the end ----------------------------------------------------------------------------------------------------------

# What a test left is given back with sluice itself: what a person would do. The runner then compares the host with
# what it was.
clean_up() {
	local name n

	if [ -n "$counting" ]; then
		echo 0 >$tracing/events/kvm/kvm_userspace_exit/enable
		echo 0 >$tracing/events/kprobes/sluice_flr/enable
		echo >$tracing/kprobe_events
	fi

	for name in "${undo[@]}"; do
		eval "$name"
	done
	for name in "${guests[@]}"; do
		! guest_known "$name" 2>/dev/null || sluice stop "$name" --force
	done
	for ((n = 0; n < 16; n++)); do
		[ ! -e "/sys/bus/pci/devices/$PF/virtfn$n" ] || [ "$(driver_of "$(vf_address "$n")")" != vfio-pci ] ||
			sluice release "$PF/$n"
	done
	[ "$(cat "/sys/bus/pci/devices/$PF/sriov_numvfs")" = 0 ] || sluice vf destroy "$PF"
	for name in "${guests[@]}"; do
		[ ! -e "$work/$name.console" ] || { echo "--- console of $name"; guest_console "$name" | tail -n 40; }
	done
} >>"$work/clean-up" 2>&1
