// SPDX-License-Identifier: GPL-2.0-or-later
/* `sluice vf capacity`: how many virtual functions a physical function can have, and what one more would take. */
#include "assign/request.h"
#include "base/cleanup.h"
#include "cli/commands_vf.h"
#include "sriov/capacity.h"

/* A line of the table: one thing that can run out. */
struct capacity_row {
	const char *what;
	unsigned int max;
	bool stops;
	const char *evidence, *more;
};

static const struct column columns[] = {
	{ "LIMIT", "limit", "what can run out", COLUMN_SHOWN, FIELD(struct capacity_row, what) },
	{ "VFS", "max_vfs", "VFs that it allows", COLUMN_SHOWN | COLUMN_RIGHT, FIELD(struct capacity_row, max) },
	{ "STOPS", "stops", "the kernel makes no more; else more are made, and do not work", 0,
		FIELD(struct capacity_row, stops) },
	{ "EVIDENCE", "evidence", "where that is from", COLUMN_SHOWN, FIELD(struct capacity_row, evidence) },
	{ "MORE", "to_have_more", "what would have to change for more", 0, FIELD(struct capacity_row, more) },
	{ NULL },
};

static const struct table table = { .payload = "limits", .columns = columns };

struct capacity_rows {
	struct capacity_row row[CAPACITY_KINDS];
	struct table_row line[CAPACITY_KINDS];
	size_t count;
};

static void make_rows(const struct capacity *capacity, struct capacity_rows *rows)
{
	*rows = (struct capacity_rows){ .count = 0 };
	for (size_t i = 0; i < CAPACITY_KINDS; i++) {
		const struct capacity_limit *limit = &capacity->limit[i];

		if (!limit->counts)
			continue;
		rows->row[rows->count] = (struct capacity_row){ capacity_kind_name((enum capacity_kind)i), limit->max,
			limit->stops, limit->evidence, limit->more };
		rows->line[rows->count] = (struct table_row){ &rows->row[rows->count], -1 };
		rows->count++;
	}
}

/* What is in the way of one VF more than there can be; an object, or null where the number is at its end. */
static json_t *next_json(const struct capacity *capacity)
{
	enum capacity_kind kind;
	const struct capacity_limit *limit = capacity_obstacle(capacity, capacity->usable + 1, &kind);

	/* The card's own number is told even where nothing is in the way below it. */
	if (!limit) {
		kind = CAPACITY_CARD;
		limit = &capacity->limit[CAPACITY_CARD];
	}
	return json_pack("{s:I, s:s, s:s, s:o}", "vfs", (json_int_t)capacity->usable + 1, "limited_by",
		capacity_kind_name(kind), "evidence", limit->evidence, "to_have_more", json_text(limit->more));
}

static int print_json(
	const struct cli *cli, const struct pci_device *pf, const struct capacity *capacity, struct error *err)
{
	json_t *object = cli_json_new();
	struct capacity_rows rows;

	make_rows(capacity, &rows);
	json_object_set_new(object, "capacity",
		json_pack("{s:o, s:I, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "pf", json_pci_addr(pf->addr),
			"max_vfs", (json_int_t)capacity->max, "limited_by", capacity_kind_name(capacity->first),
			"evidence", capacity->limit[capacity->first].evidence, "usable_vfs",
			(json_int_t)capacity->usable, "num_vfs", (json_int_t)capacity->now, "total_vfs",
			(json_int_t)capacity->total, "window_vfs", json_number(capacity->by_windows), "limits",
			table_json(&table, rows.line, rows.count), "next", next_json(capacity), "unmeasured",
			json_text(capacity->missing)));
	return cli_json_print(cli, object, err);
}

static void say_next(const struct cli *cli, const struct capacity *capacity)
{
	enum capacity_kind kind = CAPACITY_CARD;
	const struct capacity_limit *limit = capacity_obstacle(capacity, capacity->usable + 1, &kind);

	if (!limit)
		limit = &capacity->limit[CAPACITY_CARD];
	cli_say(cli, "VF number %u would take: %s", capacity->usable + 1,
		limit->more[0] ? limit->more : "another card, which offers more");
}

static int print_text(
	const struct cli *cli, const struct pci_device *pf, const struct capacity *capacity, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	struct capacity_rows rows;
	int ret;

	make_rows(capacity, &rows);
	cli_say(cli, "%s can have %u VFs (limit: %s); it has %u", pci_addr_text(pf->addr, name), capacity->max,
		capacity_kind_name(capacity->first), capacity->now);
	if (capacity->usable < capacity->max)
		cli_say(cli, "%u of them can have what they need to work", capacity->usable);
	ret = table_print(cli, &table, rows.line, rows.count, err);
	if (ret < 0)
		return ret;
	say_next(cli, capacity);
	if (capacity->incomplete)
		cli_say(cli, "not looked at: %s", capacity->missing);
	return 0;
}

static int run_capacity(
	const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	const struct pci_device *pf = NULL;
	struct capacity capacity;
	int ret = host_open(&host, cli->sysroot, 0, err);

	(void)values;
	(void)arg_count;
	if (!ret)
		ret = request_select_pf(&host, args[0], &pf, err);
	if (ret < 0)
		return ret;
	capacity_read(&host.root, &host.pci, pf, &capacity);
	return cli->json ? print_json(cli, pf, &capacity, err) : print_text(cli, pf, &capacity, err);
}

static const char *const capacity_details[] = {
	"Nothing is changed. What the card offers, what its driver allows, the window that the port above has for the "
	"VFs' "
	"registers, bus numbers, ARI, interrupt vectors, and of NVMe controllers the queues and interrupts that VFs "
	"are "
	"given: the least of them is the answer, and the last line says what one VF more would take.",
	"An NVMe controller may make more VFs than it has queues for: those never come online, and are not counted as "
	"usable.",
	NULL,
};

const struct command cmd_vf_capacity = {
	.name = "capacity",
	.summary = "how many VFs a device can have, and what limits them",
	.arguments = "PF",
	.min_args = 1,
	.max_args = 1,
	.columns = columns,
	.details = capacity_details,
	.examples = (const char *const[]){ "sluice vf capacity eth0", "sluice vf capacity nvme0 --json", NULL },
	.run = run_capacity,
};
