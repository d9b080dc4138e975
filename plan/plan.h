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
 *	schema.h	the keys as rows: schema_rows.c, schema_sriov.c; types of values: schema_type.c; as JSON Schema:
 *			schema_json.c; as docs/config.md: schema_page.c
 *	init.h		`sluice init`: a file from this host (init_host.c), with what was imported (init_facts.c), as
 *			text (init_write.c)
 *	import.h	what other programs' files say of the devices: import.c; import_driver.c, import_network.c,
 *			import_yaml.c, import_guest.c, import_libvirt.c; what they share: import_scan.c, import_files.c
 *
 * From there to a plan:
 *
 *	resolve.h	which device of this host an alias means: resolve.c
 *	wish.h		the desired state as single wishes: wish.c; of the host itself: wish_host.h, wish_host.c
 *	words.h		states as lines of words: words.c
 *	step.h		a step, and lists of them: step.c; sorted: diff_index.h, diff_index.c
 *	look.h		what questions about this host share: look.c
 *	kind.h		the kinds of things: look, compare, set (kind.c the list; kind_vfs.c kind_vf.c kind_driver.c
 *			kind_user.c kind_hugepages.c kind_module.c kind_kernel.c kind_early.c); drop_in.h,
 *			drop_in.c: files of our own
 *	diff.h		wishes and host to ordered steps: diff.c; from the beginning: prepare.h, prepare.c
 *	saved.h		plans in files: saved.c
 *	drift.h		file, journal and host compared: drift.c
 *
 * And done:
 *
 *	guard.h		what a plan may not take away: guard.c
 *	journal.h	what was applied, on disk before it is: journal.c; as JSON: journal_json.h, journal_json.c
 *	apply.h		the transaction: apply.c; its way back: rollback.h, rollback.c; undo, confirm, recover:
 *			recover.c
 *	stop.h		signals between two steps: stop.c
 *	watch.h		who undoes what nobody confirms: watch.c
 *	boot.h		what the next boot makes of this host, and whether this one was good: boot.c; its copies of
 *			files: boot_store.h, boot_store.c; doing it: boot_apply.h, boot_apply.c
 *	audit.h		who changed what, in logs: audit.c
 *
 * Guests of the desired state:
 *
 *	guest_flow.h	several of them, in their order, each in a process of its own: guest_flow.c
 *	guest_up.h	one started (guest_up.c) or ended (guest_down.c)
 *	guest_spec.h	one as guest/ starts it, and whether the host is ready for it: guest_spec.c
 *	guest_unit.h	systemd's unit of one: guest_unit.c
 *
 * This header only explains the room: include the one that you need.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H
#endif
