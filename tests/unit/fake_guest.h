/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A test program in sluice-vmm's place: it takes what a guest is made of, says that the guest runs, and then what the
 * kernel's command line is: "poweroff", "crash" (with words that are no text), or "run", until it is killed.
 */
#ifndef FAKE_GUEST_H
#define FAKE_GUEST_H

#include <stdbool.h>

#include "guest/start.h"
#include "tests/unit/temp_tree.h"

/* Was this program started as a sluice-vmm? Then main() returns fake_guest_main(). */
bool fake_guest_is_wanted(int argc, char **argv);
int fake_guest_main(void);

/* What guests need of a host, in the tree; and from now on they are this program. path: of the kernel, size bytes. */
void fake_guest_host(const struct temp_tree *tree, char *path, size_t size);

#endif
