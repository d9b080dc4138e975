/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration files to a desired state, in steps that each have a file:
 *
 *	config_source.c	which files, and their texts
 *	config_yaml.c	a text as a tree with places (config_node.h)
 *	config_merge.c	several trees made one
 *	config_fill.c	typed values by the schema (config_raw.h)
 *	config_build.c	names looked up, ranges and defaults spread over VFs
 *	config_cross.c	contradictions that are seen without the host
 *
 * All errors are found in one go (config_finding.h); with one of them there is no desired state. The host is not looked
 * at, but for its files.
 */
#ifndef PLAN_CONFIG_H
#define PLAN_CONFIG_H

#include "os/sysroot.h"
#include "plan/config_finding.h"
#include "plan/desired.h"

/*
 * file: as -f named them; none: the host's own (config_source.h). On success the caller owns *ret_desired, and findings
 * has notes. CODE_CONFIG (exit status 2): findings has the errors, err the first of them. findings is the caller's
 * storage, zeroed, and ended with config_findings_done() in every case.
 */
int config_load(const struct sysroot *root, const char *const *file, size_t file_count, struct desired **ret_desired,
	struct config_findings *findings, struct error *err);

/* The same of texts that are in memory already; sources is taken, also on failure. */
int config_load_sources(
	struct source_list *sources, struct desired **ret_desired, struct config_findings *findings, struct error *err);

#endif
