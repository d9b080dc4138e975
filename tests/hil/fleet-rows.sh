# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the lab's profiles, which make the fleet's devices, and by tests/hil/fleet.sh, which looks for them: the rows of fleet.table, and
# where the device of each row is. Both must agree about that without a word, since one runs outside the emulated host and one in it.

# Slots of the root bus that the lab's machine leaves free (tests/lab/machine.sh), for hosts that have the fleet there; those before the card that the
# other tests use come last, since the lab takes the first of its kind for it. Its VFs have 16 and 17.
fleet_slots=(0b 0c 0d 0e 0f 10 11 12 13 14 15 18 19 1a 1b 1c 1d 04 05 07 09)

# fleet_rows FILE HOST: for each row of a host (intel, amd) one line "NUMBER|KIND|GUEST|CHECK|MODULES|QEMU", without blanks at the fields' ends.
fleet_rows() {
	awk -F '|' -v host="$2" '
		/^#/ || NF < 6 { next }
		{ for (i = 1; i <= NF; i++) gsub(/^ +| +$/, "", $i) }
		$2 == host || $2 == "both" { print n++ "|" $1 "|" $3 "|" $4 "|" $5 "|" $6 }
	' "$1"
}

# fleet_place HOST NUMBER: where it is on the root bus, "SLOT.FUNCTION" in hexadecimal: of its port, or its own.
fleet_place() {
	case $1 in
	intel) printf '%02x.%d\n' $((0x10 + $2 / 8)) $(($2 % 8)) ;;
	amd) printf '%s.0\n' "${fleet_slots[$2]}" ;;
	esac
}
