// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice ps`: the running guests. What each is doing is asked on its control socket; one that does not say is shown as
 * unknown.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "guest/control.h"
#include "guest/guest.h"

struct ps_row {
	struct guest_info info;
	const char *state; /* NULL: it did not say */
	int64_t uptime_s;  /* -1: unknown */
	int64_t resets;    /* -1: unknown */
};

static const struct ps_row *row_of(const void *row)
{
	return row;
}

static json_t *get_pid(const void *row, const void *context)
{
	(void)context;
	return json_number(row_of(row)->info.vmm_pid ? row_of(row)->info.vmm_pid : -1);
}

static json_t *get_devices(const void *row, const void *context)
{
	json_t *list = json_array();

	(void)context;
	for (size_t i = 0; i < row_of(row)->info.device_count; i++) {
		char text[PCI_ADDR_TEXT_SIZE];

		json_array_append_new(list, json_string(pci_addr_text(row_of(row)->info.device[i], text)));
	}
	return list;
}

static json_t *get_started(const void *row, const void *context)
{
	char text[32];
	time_t started = (time_t)row_of(row)->info.started;
	struct tm utc;

	(void)context;
	if (!gmtime_r(&started, &utc) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc))
		return json_null();
	return json_string(text);
}

static const struct column columns[] = {
	{ "NAME", "name", "name of the guest", COLUMN_SHOWN, FIELD(struct ps_row, info.name) },
	{ "PID", "pid", "process of sluice-vmm", COLUMN_SHOWN | COLUMN_RIGHT, .get = get_pid },
	{ "STATE", "state", "starting, running or paused", COLUMN_SHOWN, FIELD(struct ps_row, state) },
	{ "CPUS", "cpus", "number of vCPUs", COLUMN_SHOWN | COLUMN_RIGHT, FIELD(struct ps_row, info.cpus) },
	{ "MEMORY", "memory", "guest memory", COLUMN_SHOWN | COLUMN_RIGHT | COLUMN_SIZE,
		FIELD(struct ps_row, info.memory_bytes) },
	{ "DEVICES", "devices", "PCI addresses of its devices on this host", COLUMN_SHOWN, .get = get_devices },
	{ "UPTIME", "uptime", "time since it was started", COLUMN_SHOWN | COLUMN_RIGHT | COLUMN_DURATION,
		FIELD(struct ps_row, uptime_s) },
	{ "SUPERVISOR", "supervisor_pid", "process of sluice that looks after it", COLUMN_RIGHT,
		FIELD(struct ps_row, info.pid) },
	{ "PAGESIZE", "page_size", "page size of the memory's backing", COLUMN_RIGHT | COLUMN_SIZE,
		FIELD(struct ps_row, info.page_bytes) },
	{ "RESETS", "resets", "restarts that the guest asked for", COLUMN_RIGHT, FIELD(struct ps_row, resets) },
	{ "STARTED", "started", "when it was started", 0, .get = get_started },
	{ NULL },
};

static void ask(const struct sysroot *root, struct ps_row *row, struct control_answer *answer)
{
	row->uptime_s = -1;
	row->resets = -1;
	row->state = row->info.step == STEP_COUNT ? NULL : guest_state_text(GUEST_STARTING);
	/* Busy with its start, it does not answer. */
	if (row->state || guest_control(root, row->info.name, CONTROL_STATUS, answer, NULL) < 0)
		return;
	row->state = guest_state_text(answer->status.state);
	row->uptime_s = (int64_t)(answer->status.uptime_ms / 1000);
	row->resets = answer->status.resets;
}

static int run_ps(const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	static const struct table table = { .payload = "guests", .columns = columns };
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup_free struct guest_info *guests = NULL;
	cleanup_free struct ps_row *data = NULL;
	cleanup_free struct table_row *rows = NULL;
	cleanup_free struct control_answer *answer = calloc(1, sizeof(*answer));
	size_t count = 0;
	int ret = sysroot_open(&root, cli->sysroot, err);

	(void)values;
	(void)args;
	(void)arg_count;
	if (!ret)
		ret = guest_list(&root, &guests, &count, err);
	if (ret < 0)
		return ret;
	data = calloc(count + 1, sizeof(*data));
	rows = calloc(count + 1, sizeof(*rows));
	if (!answer || !data || !rows)
		return fail(err, ENOMEM, "list guests");
	for (size_t i = 0; i < count; i++) {
		data[i].info = guests[i];
		ask(&root, &data[i], answer);
		rows[i] = (struct table_row){ &data[i], -1 };
	}
	if (!count)
		cli_say_more(cli, "no guest is running");
	return table_print(cli, &table, rows, count, err);
}

static const char *const examples[] = {
	"sluice ps",
	"sluice ps -n -r -o NAME,PID",
	NULL,
};

const struct command cmd_ps = {
	.name = "ps",
	.summary = "list the running guests",
	.columns = columns,
	.examples = examples,
	.run = run_ps,
};
