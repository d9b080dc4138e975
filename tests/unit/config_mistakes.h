/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration files with mistakes, for config_test.c. */
#ifndef CONFIG_MISTAKES_H
#define CONFIG_MISTAKES_H

struct config_mistake {
	const char *file, *expected;
};

/* Ends with one without file. */
extern const struct config_mistake config_mistakes[];

#endif
