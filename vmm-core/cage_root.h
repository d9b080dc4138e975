/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An empty root directory for this process. */
#ifndef VMM_CORE_CAGE_ROOT_H
#define VMM_CORE_CAGE_ROOT_H

#include <stdint.h>

#include "wire/cage.h"

/*
 * An empty, read-only tmpfs in a mount namespace of its own; where that cannot be had, a directory that was removed.
 * *ret_missing: 0, or the errno of what kept it from the tmpfs.
 */
enum cage_root cage_root_enter(int32_t *ret_missing);

#endif
