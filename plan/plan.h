/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan: what this host should be, from files, and the way there.
 *
 *	desired.h	the desired state, typed: what everything below is about
 *			(desired.c: its end, its parts by name)
 *	place.h		files, lines and columns, for messages: place.c
 *	arena.h		memory of what a file becomes, given back all at once: arena.c
 *
 *	config.h	files to a desired state: config.c has the steps, and config.h names the file of each:
 *			config_source.c, config_yaml.c (tree: config_node.c), config_merge.c, config_fill.c (typed
 *			values: config_raw.h), config_build.c, config_cross.c
 *	config_finding.h	what is wrong in files, all of it in one go: config_finding.c
 *	schema.h	the keys as rows: schema_rows.c; types of values: schema_type.c; as JSON Schema: schema_json.c;
 *			as docs/config.md: schema_page.c
 *
 * This header only explains the room: include the one that you need.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H
#endif
