/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Landlock for this process. */
#ifndef VMM_CORE_LANDLOCK_H
#define VMM_CORE_LANDLOCK_H

#include <stdint.h>

/*
 * No path may be opened, changed or run, no TCP port bound or connected to, no abstract socket reached, no signal sent
 * out of this process: as far as this kernel's Landlock goes. What is open stays open. Takes no capability, but the
 * promise to gain none (PR_SET_NO_NEW_PRIVS). 0, or the errno that says why there is none; *ret_abi, the kernel's
 * version of Landlock, 0 for none.
 */
int landlock_forbid_all(uint32_t *ret_abi);

#endif
