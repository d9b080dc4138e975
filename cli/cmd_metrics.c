// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice metrics`: guests in numbers, as text for Prometheus (its text exposition format 0.0.4): for a file of
 * node_exporter's textfile collector. It serves no port.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/version.h"
#include "guest/control.h"
#include "guest/guest.h"
#include "guest/keeper.h"

/* One guest, as it was seen: it runs, or it has a keeper, or both. */
struct seen {
	char name[GUEST_NAME_SIZE];
	bool runs, kept;
	struct guest_info info;        /* runs */
	struct control_answer *answer; /* owned; NULL: it did not say */
	struct keeper_state keeper;    /* kept */
};

struct seen_list {
	struct seen *guest;
	size_t count;
};

static void seen_list_done(struct seen_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->guest[i].answer);
	free(list->guest);
}

/* Looking ---------------------------------------------------------------------------------------------------------- */

static struct seen *seen_of(struct seen_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->guest[i].name, name))
			return &list->guest[i];
	memcpy(list->guest[list->count].name, name, GUEST_NAME_SIZE);
	return &list->guest[list->count++];
}

static int see_running(const struct sysroot *root, const struct guest_info *info, struct seen *seen, struct error *err)
{
	seen->runs = true;
	seen->info = *info;
	if (info->step != STEP_COUNT)
		return 0;
	seen->answer = calloc(1, sizeof(*seen->answer));
	if (!seen->answer)
		return fail(err, ENOMEM, "ask guests");
	if (guest_control(root, info->name, CONTROL_STATUS, seen->answer, NULL) < 0) {
		free(seen->answer);
		seen->answer = NULL;
	}
	return 0;
}

static int look(const struct sysroot *root, struct seen_list *list, struct error *err)
{
	cleanup_free struct guest_info *guests = NULL;
	cleanup_free char(*kept)[GUEST_NAME_SIZE] = NULL;
	size_t count = 0, kept_count = 0;
	int ret = guest_list(root, &guests, &count, err);

	if (!ret)
		ret = keeper_list(root, &kept, &kept_count, err);
	if (ret < 0)
		return ret;
	list->guest = calloc(count + kept_count + 1, sizeof(*list->guest));
	if (!list->guest)
		return fail(err, ENOMEM, "list guests");
	for (size_t i = 0; !ret && i < count; i++)
		ret = see_running(root, &guests[i], seen_of(list, guests[i].name), err);
	for (size_t i = 0; i < kept_count; i++) {
		struct keeper_state state;
		bool alive;

		if (!keeper_read(root, kept[i], &state, &alive))
			continue;
		seen_of(list, kept[i])->kept = true;
		seen_of(list, kept[i])->keeper = state;
	}
	return ret;
}

/* Families --------------------------------------------------------------------------------------------------------- */

enum family_of {
	OF_GUEST,
	OF_VCPU,
	OF_DEVICE,
	OF_VIRTIO,
};

struct family {
	const char *name, *type, *help;
	enum family_of of;
	bool (*value)(const struct seen *seen, uint64_t *ret_value); /* OF_GUEST: false when it is not known */
	size_t offset;                                               /* of the others: of a uint64_t */
};

static bool value_up(const struct seen *seen, uint64_t *ret_value)
{
	*ret_value = seen->runs && seen->info.step == STEP_COUNT;
	return true;
}

static bool value_cpus(const struct seen *seen, uint64_t *ret_value)
{
	*ret_value = seen->info.cpus;
	return seen->runs;
}

static bool value_memory(const struct seen *seen, uint64_t *ret_value)
{
	*ret_value = seen->info.memory_bytes;
	return seen->runs;
}

static bool value_devices(const struct seen *seen, uint64_t *ret_value)
{
	*ret_value = seen->info.device_count;
	return seen->runs;
}

static bool value_started(const struct seen *seen, uint64_t *ret_value)
{
	*ret_value = (uint64_t)seen->info.started;
	return seen->runs;
}

static bool value_restarts(const struct seen *seen, uint64_t *ret_value)
{
	*ret_value = seen->keeper.restarts.total;
	return seen->kept;
}

static bool value_resets(const struct seen *seen, uint64_t *ret_value)
{
	if (seen->answer)
		*ret_value = seen->answer->status.resets;
	return seen->answer;
}

static bool value_paused(const struct seen *seen, uint64_t *ret_value)
{
	if (seen->answer)
		*ret_value = seen->answer->status.state == GUEST_PAUSED;
	return seen->answer;
}

#define VCPU(member) .of = OF_VCPU, .offset = offsetof(struct control_vcpu, member)
#define DEVICE(member) .of = OF_DEVICE, .offset = offsetof(struct control_device, member)
#define VIRTIO(member) .of = OF_VIRTIO, .offset = offsetof(struct control_virtio, member)

/* Names are a contract, as JSON's are. */
static const struct family families[] = {
	{ "sluice_guest_up", "gauge", "Does the guest run? 0: it is kept, and is being started, waits, or has ended.",
		.value = value_up },
	{ "sluice_guest_paused", "gauge", "Is the guest paused?", .value = value_paused },
	{ "sluice_guest_restarts_total", "counter", "How often its keeper has started the guest again.",
		.value = value_restarts },
	{ "sluice_guest_resets_total", "counter", "Restarts that the guest asked for, since its start.",
		.value = value_resets },
	{ "sluice_guest_start_time_seconds", "gauge", "When the guest was started, since the epoch.",
		.value = value_started },
	{ "sluice_guest_cpus", "gauge", "Number of the guest's vCPUs.", .value = value_cpus },
	{ "sluice_guest_memory_bytes", "gauge", "The guest's memory.", .value = value_memory },
	{ "sluice_guest_devices", "gauge", "Number of devices of the host that the guest has.",
		.value = value_devices },
	{ "sluice_guest_vcpu_exits_total", "counter", "Exits of a vCPU to the host's kernel.", VCPU(exits) },
	{ "sluice_guest_vcpu_user_exits_total", "counter", "Of these, the ones that went on to sluice-vmm.",
		VCPU(user_exits) },
	{ "sluice_guest_device_errors_total", "counter", "PCI Express errors of a device that were not corrected.",
		DEVICE(errors) },
	{ "sluice_guest_device_resets_total", "counter", "Resets of a device that its guest led to.", DEVICE(resets) },
	{ "sluice_guest_virtio_requests_total", "counter", "Requests, or frames, of an emulated device.",
		VIRTIO(requests) },
	{ "sluice_guest_virtio_in_bytes_total", "counter", "Bytes that the guest read or received.", VIRTIO(bytes_in) },
	{ "sluice_guest_virtio_out_bytes_total", "counter", "Bytes that the guest wrote or sent.", VIRTIO(bytes_out) },
	{ "sluice_guest_virtio_errors_total", "counter", "Requests, or frames, that failed.", VIRTIO(errors) },
};

/* Printing --------------------------------------------------------------------------------------------------------- */

struct sink {
	FILE *out;
	json_t *list; /* NULL: text */
};

/* key NULL: of the whole guest. */
static void put_sample(const struct sink *sink, const struct family *family, const struct seen *seen, const char *key,
	const char *value, uint64_t number)
{
	json_t *labels;

	if (!sink->list) {
		fprintf(sink->out, "%s{guest=\"%s\"", family->name, seen->name);
		if (key)
			fprintf(sink->out, ",%s=\"%s\"", key, value);
		fprintf(sink->out, "} %llu\n", (unsigned long long)number);
		return;
	}
	labels = json_pack("{s:s}", "guest", seen->name);
	if (key)
		json_object_set_new(labels, key, json_text(value));
	/* A count beyond what JSON's integers hold here is sluice-vmm's invention. */
	json_array_append_new(sink->list,
		json_pack("{s:s, s:s, s:o, s:o}", "name", family->name, "type", family->type, "labels", labels, "value",
			number <= INT64_MAX ? json_integer((json_int_t)number) : json_null()));
}

static uint64_t number_at(const void *object, size_t offset)
{
	uint64_t number;

	memcpy(&number, (const char *)object + offset, sizeof(number));
	return number;
}

/*
 * sluice-vmm says these addresses, and it is not trusted: one series told twice, or a label with a quote in it, would
 * have Prometheus refuse the numbers of all guests.
 */
static bool may_label(const char *text, const char *first, size_t size)
{
	if (!text[0] || text[strspn(text, "0123456789abcdef:.")])
		return false;
	for (; first < text; first += size)
		if (!strcmp(first, text))
			return false;
	return true;
}

static void put_parts(const struct sink *sink, const struct family *family, const struct seen *seen)
{
	const struct control_status *status = &seen->answer->status;
	char index[16];

	for (uint32_t i = 0; family->of == OF_VCPU && i < status->cpus; i++) {
		snprintf(index, sizeof(index), "%u", i);
		put_sample(sink, family, seen, "vcpu", index, number_at(&status->vcpu[i], family->offset));
	}
	for (uint32_t i = 0; family->of == OF_DEVICE && i < status->device_count; i++)
		if (may_label(
			    status->device[i].host_address, status->device[0].host_address, sizeof(status->device[0])))
			put_sample(sink, family, seen, "device", status->device[i].host_address,
				number_at(&status->device[i], family->offset));
	for (uint32_t i = 0; family->of == OF_VIRTIO && i < status->virtio_count; i++)
		if (may_label(status->virtio[i].guest_address, status->virtio[0].guest_address,
			    sizeof(status->virtio[0])))
			put_sample(sink, family, seen, "device", status->virtio[i].guest_address,
				number_at(&status->virtio[i], family->offset));
}

static void put_family(const struct sink *sink, const struct family *family, const struct seen_list *list)
{
	if (!sink->list)
		fprintf(sink->out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name,
			family->type);
	for (size_t i = 0; i < list->count; i++) {
		const struct seen *seen = &list->guest[i];
		uint64_t number = 0;

		if (family->of == OF_GUEST && family->value(seen, &number))
			put_sample(sink, family, seen, NULL, NULL, number);
		else if (family->of != OF_GUEST && seen->answer)
			put_parts(sink, family, seen);
	}
}

static int run_metrics(
	const struct cli *cli, const void *values, char *const *args, size_t arg_count, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	cleanup(seen_list_done) struct seen_list list = { 0 };
	struct sink sink = { .out = cli->out };
	json_t *object = NULL;
	int ret = sysroot_open(&root, cli->sysroot, err);

	(void)values;
	(void)args;
	(void)arg_count;
	if (!ret)
		ret = look(&root, &list, err);
	if (ret < 0)
		return ret;
	if (cli->json) {
		object = cli_json_new();
		sink.list = json_array();
		json_object_set_new(object, "metrics", sink.list);
	} else {
		fprintf(cli->out, "# HELP sluice_build_info The version of sluice.\n# TYPE sluice_build_info gauge\n"
				  "sluice_build_info{version=\"" SLUICE_VERSION "\"} 1\n");
	}
	for (size_t i = 0; i < array_size(families); i++)
		put_family(&sink, &families[i], &list);
	return object ? cli_json_print(cli, object, err) : 0;
}

static const char *const details[] = {
	"Guests that run or are kept, in numbers: the text format of Prometheus, for a file of node_exporter's "
	"textfile "
	"collector. It opens no port. What is not known is left out.",
	NULL,
};

static const char *const examples[] = {
	"sluice metrics",
	"cd /var/lib/prometheus/node-exporter && sluice metrics >sluice.new && mv sluice.new sluice.prom",
	NULL,
};

const struct command cmd_metrics = {
	.name = "metrics",
	.summary = "print numbers of guests for Prometheus",
	.details = details,
	.examples = examples,
	.run = run_metrics,
};
