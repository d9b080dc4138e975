#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# dracut.modules(7): which devices are kept from their own drivers, before udev loads those.
check() { [ -r "${dracutsysrootdir-}/etc/sluice/early.conf" ] || return 255; }
depends() { return 0; }
install() {
	inst_simple /etc/sluice/early.conf
	inst_hook pre-udev 00 @LIBEXECDIR@/sluice/early
}
