/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses a function of a made-up host: what the tests of pci/user*.c expect. */
#ifndef EXPECT_USERS_H
#define EXPECT_USERS_H

#include "tests/unit/fake_sysfs.h"

/* The users of one function, who must be readable; the caller ends them. */
struct pci_users users_of(const struct fake_sysfs *fake, const char *address);

/* Exactly one user of that kind says what, with this severity. */
void expect_user(const struct fake_sysfs *fake, const char *address, const char *kind, const char *what,
	enum pci_user_severity severity);

/* No user of that kind; nobody at all, and nothing hidden. */
void expect_no_user(const struct fake_sysfs *fake, const char *address, const char *kind);
void expect_nobody(const struct fake_sysfs *fake, const char *address);

/* A partition of a disk that fake_child() made. */
void fake_partition(
	struct fake_sysfs *fake, const char *address, const char *disk, const char *name, const char *device);

/* A disk made by software of others: the kernel's two links for each, and its number. */
void fake_stacked(struct fake_sysfs *fake, const char *name, const char *device, const char *const *members);

/* A link made by software (bond, bridge, ...) on others; type is its DEVTYPE, or NULL. */
void fake_upper(struct fake_sysfs *fake, const char *name, const char *type, const char *const *lowers);

#endif
