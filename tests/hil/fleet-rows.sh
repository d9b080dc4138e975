# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by the lab's profiles, which make the fleet's devices, and by tests/hil/fleet.sh, which looks for them: the rows of fleet.table, and
# where the device of each row is. Both must agree about that without a word, since one runs outside the emulated host and one in it.

# Slots of the root bus that the lab's machine leaves free (tests/lab/machine.sh). Those before the card that the other tests use come last, since
# the lab takes the first of its kind for it; on amd its VFs have 16 and 17. On intel the fleet's ports begin at 10, as functions of few slots.
fleet_slots_amd="0b 0c 0d 0e 0f 10 11 12 13 14 15 18 19 1a 1b 1c 1d 04 05 07 09"
fleet_slots_intel="18 19 1a 1b 1c 1d 0b 0c 0d 0e 0f 04 05 07 09"

# fleet_rows FILE HOST: for each row of a host (intel, amd) one line "NUMBER|PLACE|KIND|GUEST|CHECK|MODULES|QEMU", without blanks at the fields'
# ends. PLACE is SLOT.FUNCTION on the root bus: of its port, or its own. With "/1" after it, it is function 1 of what the row before has there, with "/2" device 2 behind the same bridge; a
# function that no row makes is at the variable (PF) that stands behind @VF@.
fleet_rows() {
	local slots=fleet_slots_$2

	awk -F '|' -v host="$2" -v slots="${!slots}" '
		BEGIN { split(slots, slot, " ") }
		/^#/ || NF < 6 { next }
		{ for (i = 1; i <= NF; i++) gsub(/^ +| +$/, "", $i) }
		$2 != host && $2 != "both" { next }
		/@VF@/ { match($0, /@VF@[A-Z_]+/); print n++ "|" substr($0, RSTART + 4, RLENGTH - 4) "|" $1 "|" $3 "|" $4 "|" $5 "|"; next }
		/@ALONGSIDE@/ { print n++ "|" place "/2|" $1 "|" $3 "|" $4 "|" $5 "|" $6; next }
		/@BESIDE@/ { print n++ "|" place "/1|" $1 "|" $3 "|" $4 "|" $5 "|" $6; next }
		host == "amd" || /@ROOT@/ { place = slot[++integrated] ".0" }
		host == "intel" && !/@ROOT@/ { place = sprintf("%02x.%d", 16 + int(ports / 8), ports % 8); ports++ }
		{ print n++ "|" place "|" $1 "|" $3 "|" $4 "|" $5 "|" $6 }
	' "$1"
}
