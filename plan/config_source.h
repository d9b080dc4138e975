/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration's files: which there are, and reading them. A file is read once, whole, within LIMIT_CONFIG_BYTES;
 * what is no file, or is being written meanwhile, is refused.
 */
#ifndef PLAN_CONFIG_SOURCE_H
#define PLAN_CONFIG_SOURCE_H

#include "base/error.h"
#include "os/sysroot.h"
#include "plan/place.h"

#define CONFIG_MAIN_FILE "etc/sluice/sluice.yaml"
#define CONFIG_DROP_IN_DIR "etc/sluice/conf.d"

/*
 * The files by name, or with count 0 those of the root: sluice.yaml, then those of conf.d that end in .yaml, by name.
 * "-" is standard input. Names are paths of this process, those of the root are below it. CODE_CONFIG when there is
 * none, or one of them is no file; other failures as the kernel says them.
 */
int config_sources_read(const struct sysroot *root, const char *const *file, size_t count, struct source_list *ret_list,
	struct error *err);

#endif
