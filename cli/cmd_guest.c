// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice guest`: everything about one running guest, as its sluice-vmm tells it: memory slots (the CPU's second-level
 * map), DMA maps (the IOMMU's), devices, and counters of what left the guest.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/explain_config.h"
#include "cli/start_table.h"
#include "cli/virtio_table.h"
#include "guest/cage_json.h"
#include "guest/control.h"
#include "guest/guest.h"
#include "guest/ram_pages.h"
#include "view/fault_row.h"

static const struct column slot_columns[] = {
	{ "GPA", "gpa", "guest-physical address", COLUMN_SHOWN | COLUMN_RIGHT, FIELD(struct control_slot, gpa),
		.digits = 1 },
	{ "SIZE", "size", "size", COLUMN_SHOWN | COLUMN_RIGHT | COLUMN_SIZE, FIELD(struct control_slot, bytes) },
	{ "HVA", "hva", "address in sluice-vmm", COLUMN_SHOWN | COLUMN_RIGHT, FIELD(struct control_slot, hva),
		.digits = 1 },
	{ "WHAT", "what", "what lies there", COLUMN_SHOWN, FIELD(struct control_slot, what) },
	{ NULL },
};

static const struct column map_columns[] = {
	{ "IOVA", "iova", "address that devices use", COLUMN_SHOWN | COLUMN_RIGHT, FIELD(struct control_map, iova),
		.digits = 1 },
	{ "SIZE", "size", "size", COLUMN_SHOWN | COLUMN_RIGHT | COLUMN_SIZE, FIELD(struct control_map, bytes) },
	{ "HVA", "hva", "address in sluice-vmm", COLUMN_SHOWN | COLUMN_RIGHT, FIELD(struct control_map, hva),
		.digits = 1 },
	{ NULL },
};

static const struct column device_columns[] = {
	{ "DEVICE", "host_address", "PCI address on this host", COLUMN_SHOWN,
		FIELD(struct control_device, host_address) },
	{ "IN-GUEST", "guest_address", "PCI address in the guest", COLUMN_SHOWN,
		FIELD(struct control_device, guest_address) },
	{ "INTERRUPTS", "interrupts", "kind of interrupt in use: intx, msi, msi-x", COLUMN_SHOWN,
		FIELD(struct control_device, interrupts) },
	{ "VECTORS", "vectors", "vectors of that kind", COLUMN_SHOWN | COLUMN_RIGHT,
		FIELD(struct control_device, vectors) },
	{ "ENABLED", "vectors_enabled", "vectors in use", COLUMN_SHOWN | COLUMN_RIGHT,
		FIELD(struct control_device, vectors_enabled) },
	{ "RESETS", "resets", "resets by sluice-vmm", COLUMN_SHOWN | COLUMN_RIGHT,
		FIELD(struct control_device, resets) },
	{ "ERRORS", "errors", "PCI Express errors that were not corrected", COLUMN_SHOWN | COLUMN_RIGHT,
		FIELD(struct control_device, errors) },
	{ "ON-ERROR", "on_error", "what such an error leads to: replug, unplug, stop", 0,
		FIELD(struct control_device, on_error) },
	{ "IRQ-CHANGES", "irq_changes", "changes of its interrupts' wiring", COLUMN_SHOWN | COLUMN_RIGHT,
		FIELD(struct control_device, irq_changes) },
	{ NULL },
};

static const struct column counter_columns[] = {
	{ "EXITS-TO", "name", "what answered", COLUMN_SHOWN, FIELD(struct control_counter, name) },
	{ "READS", "reads", "reads of the guest", COLUMN_SHOWN | COLUMN_RIGHT, FIELD(struct control_counter, reads) },
	{ "WRITES", "writes", "writes of the guest", COLUMN_SHOWN | COLUMN_RIGHT,
		FIELD(struct control_counter, writes) },
	{ NULL },
};

/* context is the first vCPU: its number is the distance from there. */
static json_t *vcpu_index(const void *row, const void *context)
{
	return json_number((const struct control_vcpu *)row - (const struct control_vcpu *)context);
}

static const struct column vcpu_columns[] = {
	{ "VCPU", "index", "number of the vCPU", COLUMN_SHOWN | COLUMN_RIGHT, .get = vcpu_index },
	{ "EXITS", "exits", "KVM exits", COLUMN_SHOWN | COLUMN_RIGHT, FIELD(struct control_vcpu, exits) },
	{ "USER-EXITS", "user_exits", "of them, to sluice-vmm", COLUMN_SHOWN | COLUMN_RIGHT,
		FIELD(struct control_vcpu, user_exits) },
	{ "SIGNALS", "interrupts", "signals that made KVM_RUN return", COLUMN_SHOWN | COLUMN_RIGHT,
		FIELD(struct control_vcpu, interrupts) },
	{ NULL },
};

/* One list of the status: a table for people, an array for programs. */
struct section {
	const char *title;
	struct table table;
	const void *items;
	size_t item_size, count;
};

enum {
	SECTION_COUNT = 8
};

static void make_sections(const struct control_status *status, struct start_row *starts, struct virtio_rows *virtio,
	struct section ret_sections[static SECTION_COUNT])
{
	const struct section sections[SECTION_COUNT] = {
		{ "Memory slots (CPU)", { "memory_slots", slot_columns, NULL }, status->slot, sizeof(status->slot[0]),
			status->slot_count },
		{ "DMA maps (devices)", { "dma_maps", map_columns, NULL }, status->map, sizeof(status->map[0]),
			status->map_count },
		{ "Devices", { "devices", device_columns, NULL }, status->device, sizeof(status->device[0]),
			status->device_count },
		{ "Disks", { "disks", disk_columns, NULL }, virtio->disk, sizeof(virtio->disk[0]), virtio->disk_count },
		{ "Network cards", { "nets", net_columns, NULL }, virtio->net, sizeof(virtio->net[0]),
			virtio->net_count },
		{ "vCPUs", { "vcpus", vcpu_columns, status->vcpu }, status->vcpu, sizeof(status->vcpu[0]),
			status->cpus < VCPU_MAX ? status->cpus : VCPU_MAX },
		{ "Exits to user space", { "counters", counter_columns, NULL }, status->counter,
			sizeof(status->counter[0]), status->counter_count },
		{ "Start", { "start_steps", start_columns, NULL }, starts, sizeof(*starts),
			start_rows(status, starts) },
	};

	memcpy(ret_sections, sections, sizeof(sections));
}

static size_t section_rows(const struct section *section, struct table_row *rows)
{
	for (size_t i = 0; i < section->count; i++)
		rows[i] = (struct table_row){ (const char *)section->items + i * section->item_size, -1 };
	return section->count;
}

static json_t *status_json(const struct guest_info *info, const struct control_status *status)
{
	json_t *guest = json_pack("{s:s, s:I, s:I, s:o, s:I, s:I, s:I, s:f, s:I}", "name", info->name, "pid",
		(json_int_t)info->vmm_pid, "supervisor_pid", (json_int_t)info->pid, "state",
		json_text(guest_state_text(status->state)), "cpus", (json_int_t)status->cpus, "memory",
		(json_int_t)status->memory_bytes, "page_size", (json_int_t)status->page_bytes, "uptime",
		(double)status->uptime_ms / 1000, "resets", (json_int_t)status->resets);
	json_t *interrupts = json_pack("{s:I}", "route_commits", (json_int_t)status->route_commits);
	json_t *second_level = json_pack("{s:I, s:I, s:I}", "pages_4k", (json_int_t)status->pages_4k, "pages_2m",
		(json_int_t)status->pages_2m, "pages_1g", (json_int_t)status->pages_1g);

	json_object_set_new(guest, "start_to_first_run", json_real((double)status->start_to_first_run_us / 1e6));
	json_object_set_new(guest, "slot_changes", json_integer((json_int_t)status->slot_changes));
	json_object_set_new(
		guest, "slot_changes_while_running", json_integer((json_int_t)status->slot_changes_while_running));
	json_object_set_new(guest, "dma_backend", json_text(status->dma_backend[0] ? status->dma_backend : NULL));
	json_object_set_new(guest, "dma_map_calls", json_integer((json_int_t)status->dma_map_calls));
	json_object_set_new(guest, "dma_unmap_calls", json_integer((json_int_t)status->dma_unmap_calls));
	json_object_set_new(guest, "interrupt_routes", interrupts);
	json_object_set_new(guest, "second_level_pages", second_level);
	return guest;
}

/* What of a guest is not in its own answer. */
struct host_view {
	int64_t fault_count; /* of its devices, since it was started; -1: the kernel log cannot be read */
	struct iommu_fault last_fault;
	struct ram_pages ram;
};

static json_t *ram_json(const struct ram_pages *ram)
{
	json_t *policy = json_text(ram->policy[0] ? ram->policy : NULL);

	if (!ram->known)
		return json_pack("{s:n, s:n, s:n, s:o}", "present", "in_2m", "in_1g", "policy", policy);
	return json_pack("{s:I, s:I, s:I, s:o}", "present", (json_int_t)ram->present, "in_2m",
		(json_int_t)ram->bytes_2m, "in_1g", (json_int_t)ram->bytes_1g, "policy", policy);
}

static int print_json(const struct cli *cli, const struct guest_info *info, const struct control_status *status,
	const struct section *sections, const struct host_view *host, struct error *err)
{
	struct table_row rows[CONTROL_COUNTER_MAX + VCPU_MAX];
	json_t *object = cli_json_new();
	json_t *guest = status_json(info, status);

	for (size_t i = 0; i < SECTION_COUNT; i++)
		json_object_set_new(guest, sections[i].table.payload,
			table_json(&sections[i].table, rows, section_rows(&sections[i], rows)));
	json_object_set_new(guest, "iommu_faults", json_number(host->fault_count));
	json_object_set_new(guest, "host_pages", ram_json(&host->ram));
	json_object_set_new(guest, "cage", cage_to_json(info));
	json_object_set_new(object, "guest", guest);
	return cli_json_print(cli, object, err);
}

static void print_facts(const struct cli *cli, const struct guest_info *info, const struct control_status *status)
{
	const char *state = guest_state_text(status->state);
	char memory[32], page[32];

	fprintf(cli->out, "%s%s%s: %s, sluice-vmm is process %d, up %llu s\n", cli_color(cli->color, "bold"),
		info->name, cli_color_end(cli->color), state ? state : "unknown", (int)info->vmm_pid,
		(unsigned long long)(status->uptime_ms / 1000));
	fprintf(cli->out, "%u vCPUs, %s of memory in pages of %s, %u restarts\n", status->cpus,
		size_to_text(status->memory_bytes, memory, sizeof(memory)),
		size_to_text(status->page_bytes, page, sizeof(page)), status->resets);
	fprintf(cli->out, "first instruction %.3f ms after exec\n", (double)status->start_to_first_run_us / 1e3);
	fprintf(cli->out,
		"memory slot changes: %llu, of them %llu while running; DMA by %s: %llu map calls, %llu unmap calls\n",
		(unsigned long long)status->slot_changes, (unsigned long long)status->slot_changes_while_running,
		status->dma_backend[0] ? status->dma_backend : "no device", (unsigned long long)status->dma_map_calls,
		(unsigned long long)status->dma_unmap_calls);
	fprintf(cli->out,
		"interrupt routes committed: %llu times; pages of the second level: %llu x 4K, %llu x 2M, %llu x 1G\n",
		(unsigned long long)status->route_commits, (unsigned long long)status->pages_4k,
		(unsigned long long)status->pages_2m, (unsigned long long)status->pages_1g);
}

/* Small pages cost the guest page faults and both second levels their reach: it is said what keeps large ones away. */
static void print_ram(const struct cli *cli, const struct ram_pages *ram)
{
	uint64_t large = ram->bytes_2m + ram->bytes_1g;
	char present[32];

	if (!ram->known || !ram->present)
		return;
	fprintf(cli->out, "%s of memory present, %u %% of it in pages of 2 MiB or more\n",
		size_to_text(ram->present, present, sizeof(present)), (unsigned int)(large * 100 / ram->present));
	if (large < ram->present / 2 && !strcmp(ram->policy, "never"))
		fprintf(cli->out, "the host gives no large pages: echo madvise "
				  ">/sys/kernel/mm/transparent_hugepage/enabled, and start the guest anew\n");
}

/* What separates the host from who has taken the guest's process over, and what does not. */
static void print_cage(const struct cli *cli, const struct guest_info *info)
{
	unsigned int missing = 0;
	char text[160];

	if (!info->caged)
		return;
	for (int wall = 0; wall < CAGE_WALL_COUNT; wall++)
		missing += info->cage.missing[wall] != 0;
	fprintf(cli->out, "its process is user %u, locked in behind %u of %d walls\n", info->user,
		(unsigned int)CAGE_WALL_COUNT - missing, CAGE_WALL_COUNT);
	for (int wall = 0; wall < CAGE_WALL_COUNT; wall++)
		if (cage_weakness(info, (enum cage_wall)wall, text, sizeof(text)))
			fprintf(cli->out, "%sweakness:%s %s\n", cli_color(cli->color, "yellow"),
				cli_color_end(cli->color), text);
}

static void print_faults(const struct cli *cli, const struct host_view *host)
{
	char name[PCI_ADDR_TEXT_SIZE];

	if (host->fault_count <= 0)
		return;
	fprintf(cli->out, "%sIOMMU faults: %lld%s, the last of %s: %s (sluice faults %s)\n",
		cli_color(cli->color, "red"), (long long)host->fault_count, cli_color_end(cli->color),
		pci_addr_text(host->last_fault.device, name), host->last_fault.reason, name);
}

static int print_text(const struct cli *cli, const struct guest_info *info, const struct control_status *status,
	const struct section *sections, const struct host_view *host, struct error *err)
{
	struct table_row rows[CONTROL_COUNTER_MAX + VCPU_MAX];

	print_facts(cli, info, status);
	print_ram(cli, &host->ram);
	print_cage(cli, info);
	print_faults(cli, host);
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		int ret;

		if (!sections[i].count)
			continue;
		fprintf(cli->out, "\n%s%s%s\n", cli_color(cli->color, "bold"), sections[i].title,
			cli_color_end(cli->color));
		ret = table_print(cli, &sections[i].table, rows, section_rows(&sections[i], rows), err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* While it is being started, sluice-vmm is busy with that: what is known is what its supervisor wrote down. */
static int print_start(const struct cli *cli, const struct guest_info *info, struct error *err)
{
	int64_t seconds = time(NULL) - info->step_since;
	char memory[32];
	json_t *object;

	if (!cli->json) {
		fprintf(cli->out, "%s%s%s: starting: %s, for %lld s; %u vCPUs, %s of memory\n",
			cli_color(cli->color, "bold"), info->name, cli_color_end(cli->color),
			guest_step_text(info->step), (long long)(seconds > 0 ? seconds : 0), info->cpus,
			size_to_text(info->memory_bytes, memory, sizeof(memory)));
		return 0;
	}
	object = cli_json_new();
	json_object_set_new(object, "guest",
		json_pack("{s:s, s:o, s:I, s:s, s:s, s:I, s:I, s:I}", "name", info->name, "pid",
			json_number(info->vmm_pid ? info->vmm_pid : -1), "supervisor_pid", (json_int_t)info->pid,
			"state", "starting", "step", guest_step_name(info->step), "step_seconds",
			(json_int_t)(seconds > 0 ? seconds : 0), "cpus", (json_int_t)info->cpus, "memory",
			(json_int_t)info->memory_bytes));
	return cli_json_print(cli, object, err);
}

struct guest_options {
	const char *explain_config;
};

static const struct option_row options[] = {
	{ "explain-config", 0, "DEVICE",
		"that device's configuration space, register by register: what it has, what the guest sees, where "
		"writes go, and why",
		OPTION_TEXT, offsetof(struct guest_options, explain_config), 0, 0, NULL },
	{ NULL },
};

static int show_guest(
	const struct cli *cli, const struct sysroot *root, const struct guest_info *info, struct error *err)
{
	cleanup_free struct control_answer *answer = calloc(1, sizeof(*answer));
	struct section sections[SECTION_COUNT];
	struct start_row starts[STEP_COUNT];
	struct virtio_rows virtio;
	struct host_view host;
	int ret = answer ? guest_control(root, info->name, CONTROL_STATUS, answer, err)
			 : fail(err, ENOMEM, "ask the guest");

	if (ret < 0)
		return ret;
	virtio_rows(root, &answer->status, &virtio);
	make_sections(&answer->status, starts, &virtio, sections);
	host.fault_count = fault_count(root, info, &host.last_fault);
	ram_pages_read(root, info->vmm_pid, &answer->status, &host.ram);
	return cli->json ? print_json(cli, info, &answer->status, sections, &host, err)
			 : print_text(cli, info, &answer->status, sections, &host, err);
}

static int run_guest(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct guest_options *wanted = values;
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	struct guest_info info;
	int ret = sysroot_open(&root, cli->sysroot, err);

	(void)count;
	if (!ret)
		ret = guest_read(&root, args[0], &info, err);
	if (ret < 0)
		return ret;
	if (info.step != STEP_COUNT)
		return print_start(cli, &info, err);
	if (wanted->explain_config)
		return explain_config(cli, &root, &info, wanted->explain_config, err);
	return show_guest(cli, &root, &info, err);
}

static const char *const examples[] = {
	"sluice guest web1",
	"sluice --json guest web1",
	"sluice guest web1 --explain-config eth0/0",
	NULL,
};

const struct command cmd_guest = {
	.name = "guest",
	.summary = "show everything about one guest",
	.arguments = "NAME",
	.min_args = 1,
	.max_args = 1,
	.options = options,
	.options_size = sizeof(struct guest_options),
	.examples = examples,
	.run = run_guest,
};
