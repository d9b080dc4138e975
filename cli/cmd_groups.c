// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice groups`: the IOMMU groups of this host: who is in them, which addresses they cannot use, whether a guest
 * could have them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "view/group_row.h"

static const struct group_row *row_of(const void *row)
{
	return row;
}

static json_t *get_devices(const void *row, const void *context)
{
	(void)context;
	return json_pci_addrs(row_of(row)->group.device, row_of(row)->group.device_count);
}

static json_t *get_reserved(const void *row, const void *context)
{
	(void)context;
	return json_reserved_regions(&row_of(row)->group);
}

/* "direct" is what stands against giving the group away; the rest is counted. */
static void text_reserved(const void *row, const void *context, char *buf, size_t size)
{
	const struct iommu_group *group = &row_of(row)->group;
	size_t direct = 0;

	(void)context;
	for (size_t i = 0; i < group->reserved_count; i++)
		direct += text_starts_with(group->reserved[i].kind, "direct");
	if (direct)
		snprintf(buf, size, "%zu (%zu direct)", group->reserved_count, direct);
	else
		snprintf(buf, size, "%zu", group->reserved_count);
}

static const char *color_viable(const void *row, const void *context)
{
	(void)context;
	return row_of(row)->viable ? "green" : "red";
}

static const struct column columns[] = {
	{ "ID", "id", "number of the group", COLUMN_SHOWN | COLUMN_RIGHT, FIELD(struct group_row, group.id) },
	{ "TYPE", "type", "how the kernel maps DMA of its own drivers", COLUMN_SHOWN,
		FIELD(struct group_row, group.type), .drop = 2 },
	{ "DEVICES", "devices", "who is in it", COLUMN_SHOWN, .get = get_devices },
	{ "RESERVED", "reserved_regions", "address ranges that guests' DMA cannot use", COLUMN_SHOWN | COLUMN_RIGHT,
		.get = get_reserved, .text = text_reserved, .drop = 3 },
	{ "ISOLATED", "isolated", "one function has it alone", COLUMN_SHOWN, FIELD(struct group_row, isolated),
		KNOWN_IF(struct group_row, readable), .drop = 1 },
	{ "VIABLE", "viable", "no host driver is in the way of a guest", COLUMN_SHOWN, FIELD(struct group_row, viable),
		KNOWN_IF(struct group_row, readable), .color = color_viable },
	{ "REASON", "reason", "what merges it, or who is in the way", 0, FIELD(struct group_row, reason) },
	{ NULL },
};

static int compare_ids(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Every group of the host, in order. The caller frees *ret_ids. */
static int list_ids(const struct sysroot *root, int **ret_ids, size_t *ret_count, struct error *err)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/kernel/iommu_groups");
	cleanup_free int *ids = NULL;
	struct dirent *entry;
	size_t count = 0;
	uint64_t id;

	while (dir && (entry = readdir(dir))) {
		int *grown;

		if (text_to_u64(entry->d_name, INT32_MAX, &id) < 0)
			continue;
		grown = reallocarray(ids, count + 1, sizeof(*ids));
		if (!grown)
			return fail(err, ENOMEM, "list IOMMU groups");
		ids = grown;
		ids[count++] = (int)id;
	}
	if (count)
		qsort(ids, count, sizeof(*ids), compare_ids);
	*ret_ids = take_ptr(ids);
	*ret_count = count;
	return 0;
}

/* Only those that were asked for; all of them must exist. */
static int choose_ids(char *const *args, size_t arg_count, int *ids, size_t *count, struct error *err)
{
	size_t chosen = 0;

	for (size_t i = 0; i < arg_count; i++) {
		uint64_t id;
		size_t at = 0;

		if (text_to_u64(args[i], INT32_MAX, &id) < 0) {
			fail_code(err, CODE_USAGE, EINVAL, "\"%s\" is no number of an IOMMU group", args[i]);
			return fail_hint(err, "'sluice why DEVICE' takes a device");
		}
		while (at < *count && ids[at] != (int)id)
			at++;
		if (at == *count) {
			fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "there is no IOMMU group %llu",
				(unsigned long long)id);
			return fail_hint(err, "'sluice groups' lists them all");
		}
	}
	for (size_t at = 0; at < *count && arg_count; at++)
		for (size_t i = 0; i < arg_count; i++)
			if (strtoull(args[i], NULL, 0) == (unsigned long long)ids[at]) {
				ids[chosen++] = ids[at];
				break;
			}
	if (arg_count)
		*count = chosen;
	return 0;
}

static int print_groups(const struct cli *cli, const struct host *host, const int *ids, size_t count, struct error *err)
{
	static const struct table table = { .payload = "groups", .columns = columns };
	cleanup_free struct group_row *rows = calloc(count + 1, sizeof(*rows));
	cleanup_free struct table_row *lines = calloc(count + 1, sizeof(*lines));
	cleanup(group_view_close) struct group_view view = { 0 };
	int ret = rows && lines ? group_view_open(&view, host, err) : fail(err, ENOMEM, "list IOMMU groups");

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < count; i++) {
		group_row_read(&view, ids[i], &rows[i]);
		lines[i] = (struct table_row){ &rows[i], -1 };
	}
	return table_print(cli, &table, lines, count, err);
}

static int run_groups(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup_free int *ids = NULL;
	size_t count = 0;
	int ret = host_open(&host, cli->sysroot, 0, err);

	(void)values;
	if (!ret)
		ret = list_ids(&host.root, &ids, &count, err);
	if (!ret)
		ret = choose_ids(args, arg_count, ids, &count, err);
	if (ret < 0)
		return ret;
	if (!count)
		cli_say(cli, "no IOMMU is translating, so there are no groups; 'sluice doctor' says why");
	if (!count && !cli->json)
		return 0;
	return print_groups(cli, &host, ids, count, err);
}

static const char *const details[] = {
	"An IOMMU group is what is given away as one: functions whose DMA the IOMMU cannot tell apart, or "
	"that reach each other without it. 'sluice why DEVICE' proves why a group is as large as it is.",
	"ISOLATED: one function has the group alone. VIABLE: VFIO could take the group; in a shared one, no "
	"member is driven by the host.",
	NULL,
};

static const char *const examples[] = {
	"sluice groups",
	"sluice groups 7 -o +REASON",
	"sluice groups --json",
	NULL,
};

const struct command cmd_groups = {
	.name = "groups",
	.summary = "show IOMMU groups, what is given away as one",
	.arguments = "[ID...]",
	.max_args = ARGS_MANY,
	.columns = columns,
	.details = details,
	.examples = examples,
	.run = run_groups,
};
