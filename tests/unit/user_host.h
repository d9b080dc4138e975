/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A made-up host with two network cards, two disks, a USB controller and a display, for the tests of who uses what. */
#ifndef USER_HOST_H
#define USER_HOST_H

#include "tests/unit/expect_users.h"

#define NIC "0000:01:00.0"
#define OTHER_NIC "0000:01:00.1"
#define DISK "0000:03:00.0"
#define OTHER_DISK "0000:04:00.0"
#define USB "0000:00:14.0"
#define DISPLAY "0000:00:02.0"
#define BLOCKS PCI_USER_BLOCKS
#define NOTE PCI_USER_NOTE

/* cmocka's; *state is a struct fake_sysfs. */
int user_host_set_up(void **state);
int user_host_tear_down(void **state);

/* The one line of proc/self/mountinfo. */
void user_host_mount(struct fake_sysfs *fake, const char *line);

#endif
