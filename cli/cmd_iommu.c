// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice iommu`: the IOMMUs of this host, what each can do and for which devices, and which memory the firmware
 * reserves; or, with --acpi, what a DMAR or IVRS file says, and nothing of this host.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "assign/host.h"
#include "base/cleanup.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "view/iommu_json.h"

struct iommu_options {
	const char *acpi;
};

static const struct option_row options[] = {
	{ "acpi", 0, "FILE", "decode this DMAR or IVRS table, read nothing of this host", OPTION_TEXT,
		offsetof(struct iommu_options, acpi), 0, 0, NULL },
	{ NULL },
};

static const struct iommu_unit *unit_of(const void *row)
{
	return row;
}

static json_t *answer_json(enum iommu_answer answer)
{
	return answer == IOMMU_UNKNOWN ? json_null() : json_boolean(answer == IOMMU_YES);
}

static json_t *get_vendor(const void *row, const void *context)
{
	(void)row;
	return json_string(((const struct iommu_table *)context)->amd ? "amd" : "intel");
}

static json_t *get_include_all(const void *row, const void *context)
{
	(void)context;
	return answer_json(unit_of(row)->include_all);
}

static json_t *get_dma(const void *row, const void *context)
{
	(void)context;
	return answer_json(unit_of(row)->can.dma_remapping);
}

static json_t *get_interrupts(const void *row, const void *context)
{
	(void)context;
	return answer_json(unit_of(row)->can.interrupt_remapping);
}

static json_t *get_x2apic(const void *row, const void *context)
{
	(void)context;
	return answer_json(unit_of(row)->can.x2apic);
}

static json_t *get_posted(const void *row, const void *context)
{
	(void)context;
	return answer_json(unit_of(row)->can.posted_interrupts);
}

static json_t *get_page_sizes(const void *row, const void *context)
{
	json_t *array = json_array();

	(void)context;
	for (unsigned int bit = 0; bit < 63; bit++)
		if (unit_of(row)->can.page_sizes >> bit & 1)
			json_array_append_new(array, json_integer((json_int_t)1 << bit));
	return array;
}

static json_t *get_scalable(const void *row, const void *context)
{
	(void)context;
	return answer_json(unit_of(row)->can.scalable_mode);
}

static json_t *get_pasid(const void *row, const void *context)
{
	(void)context;
	return answer_json(unit_of(row)->can.pasid);
}

static json_t *get_scope(const void *row, const void *context)
{
	return unit_of(row)->in_table ? iommu_scope_json(context, unit_of(row)->item) : json_array();
}

static json_t *get_devices(const void *row, const void *context)
{
	(void)context;
	return iommu_addresses_json(unit_of(row)->device, unit_of(row)->device_count);
}

/* "03 f0:1f.0": type, bus and path, as short as people read it. */
static void scope_text(const void *row, const void *context, char *buf, size_t size)
{
	json_t *scope = get_scope(row, context);
	size_t used = 0;
	const json_t *one;
	size_t i;

	buf[0] = '\0';
	json_array_foreach(scope, i, one)
	{
		const json_t *path = json_object_get(one, "path");
		const char *kind = json_string_value(json_object_get(one, "type_name"));
		const char *end = json_string_value(json_object_get(one, "end_device_id"));
		const json_t *hop;
		size_t k;

		if (used < size)
			used += (size_t)snprintf(buf + used, size - used, "%s%s %02x", i ? ", " : "", kind ? kind : "?",
				(unsigned int)json_integer_value(json_object_get(one, "start_bus")));
		json_array_foreach(path, k, hop) if (used < size) used +=
			(size_t)snprintf(buf + used, size - used, "%s%s", k ? "/" : ":", json_string_value(hop));
		if (end && used < size)
			used += (size_t)snprintf(buf + used, size - used, " to id %s", end);
	}
	json_decref(scope);
	if (!buf[0])
		snprintf(buf, size, "-");
}

static const struct column columns[] = {
	{ "UNIT", "name", "its name in /sys/class/iommu", COLUMN_SHOWN, FIELD(struct iommu_unit, name) },
	{ "VENDOR", "vendor", "intel or amd", 0, .get = get_vendor },
	{ "SEGMENT", "segment", "PCI segment (domain)", COLUMN_SHOWN | COLUMN_RIGHT,
		FIELD(struct iommu_unit, segment) },
	{ "ADDRESS", "address", "where its registers are", COLUMN_SHOWN, FIELD(struct iommu_unit, address),
		KNOWN_IF(struct iommu_unit, address_known), .digits = 1 },
	{ "ALL", "include_all", "it covers all devices that no other unit names", COLUMN_SHOWN,
		.get = get_include_all },
	{ "DMA", "dma_remapping", "it can remap DMA", COLUMN_SHOWN, .get = get_dma },
	{ "INTR", "interrupt_remapping", "it can remap interrupts", COLUMN_SHOWN, .get = get_interrupts },
	{ "X2APIC", "x2apic", "remapped interrupts reach 32-bit APIC ids", COLUMN_SHOWN, .get = get_x2apic },
	{ "POSTED", "posted_interrupts", "interrupts reach a running guest without an exit", COLUMN_SHOWN,
		.get = get_posted },
	{ "PAGES", "page_sizes", "page sizes of the second level", COLUMN_SHOWN | COLUMN_SIZE, .get = get_page_sizes },
	{ "WIDTH", "address_width", "bits of a DMA address", COLUMN_SHOWN | COLUMN_RIGHT,
		FIELD(struct iommu_unit, can.address_width), .as = COLUMN_AS_NONZERO },
	{ "SCALABLE", "scalable_mode", "scalable mode (Intel)", COLUMN_SHOWN, .get = get_scalable },
	{ "PASID", "pasid", "process address spaces", COLUMN_SHOWN, .get = get_pasid },
	{ "PASIDBITS", "pasid_bits", "bits of a PASID", COLUMN_RIGHT, FIELD(struct iommu_unit, can.pasid_bits),
		.as = COLUMN_AS_NONZERO },
	{ "SCOPE", "scope", "what the firmware's table names: kind and path", 0, .get = get_scope, .text = scope_text },
	{ "DEVICES", "devices", "functions of this host that it covers", 0, .get = get_devices },
	{ "KERNEL", "in_kernel", "the kernel has it in /sys/class/iommu", 0, FIELD(struct iommu_unit, in_kernel) },
	{ "VERSION", "version", "of its architecture (Intel)", 0, FIELD(struct iommu_unit, version) },
	{ "CAP", "cap", "capability register", 0, FIELD(struct iommu_unit, cap), KNOWN_IF(struct iommu_unit, cap_known),
		.digits = 1 },
	{ "ECAP", "ecap", "extended capability register (Intel)", 0, FIELD(struct iommu_unit, ecap),
		KNOWN_IF(struct iommu_unit, ecap_known), .digits = 1 },
	{ "FEATURES", "features", "extended feature register (AMD)", 0, FIELD(struct iommu_unit, features),
		KNOWN_IF(struct iommu_unit, features_known), .digits = 1 },
	{ NULL },
};

static json_t *table_info(const struct iommu_table *iommu)
{
	const struct acpi_table *acpi = &iommu->acpi;
	char oem[16];

	if (!acpi->size)
		return json_null();
	return json_pack("{s:s, s:I, s:I, s:s, s:b}", "signature", acpi->signature, "length", (json_int_t)acpi->size,
		"revision", (json_int_t)acpi_number(acpi, &acpi->item[0], "revision"), "oem_id",
		acpi_text(acpi, &acpi->item[0], "oem_id", oem, sizeof(oem)), "complete", !acpi->malformed_count);
}

/* host NULL: with --acpi, where nothing is known of one. */
static int print_json(const struct cli *cli, const struct table *table, const struct table_row *rows,
	const struct iommu_table *iommu, const struct host *host, struct error *err)
{
	json_t *object = cli_json_new();

	json_object_set_new(object, "units", table_json(table, rows, iommu->unit_count));
	json_object_set_new(object, "reserved_memory", iommu_reserved_json(iommu));
	json_object_set_new(
		object, "flags", iommu->acpi.size ? json_hex(iommu->flags, iommu->amd ? 8 : 2) : json_null());
	json_object_set_new(object, "flag_names", iommu_flags_json(iommu));
	json_object_set_new(object, "host_address_width",
		iommu->host_address_width ? json_integer(iommu->host_address_width) : json_null());
	json_object_set_new(object, "translating", host ? json_boolean(host->iommu.translating) : json_null());
	json_object_set_new(
		object, "interrupts_remapped", host ? answer_json(host->iommu.interrupt_remapping) : json_null());
	json_object_set_new(object, "table", table_info(iommu));
	json_object_set_new(object, "warnings", iommu_warnings_json(iommu));
	json_object_set_new(object, "structures", iommu_structures_json(iommu));
	return cli_json_print(cli, object, err);
}

/* An array of texts: "a, b". Returns buf. */
static const char *joined(const json_t *texts, char *buf, size_t size)
{
	const json_t *one;
	size_t used = 0, i;

	buf[0] = '\0';
	json_array_foreach(texts, i, one)
	{
		if (used < size)
			used += (size_t)snprintf(
				buf + used, size - used, "%s%s", used ? ", " : "", json_string_value(one));
	}
	return buf;
}

static void say_reserved(const struct cli *cli, const struct iommu_table *iommu)
{
	json_t *all = iommu_reserved_json(iommu);
	const json_t *one;
	size_t i;

	json_array_foreach(all, i, one)
	{
		const json_t *devices = json_object_get(one, "devices");
		const json_t *blocked = json_object_get(one, "blocks");
		char names[512];

		cli_say(cli, "reserved %s-%s (%s)%s%s", json_string_value(json_object_get(one, "base")),
			json_string_value(json_object_get(one, "end")), json_string_value(json_object_get(one, "kind")),
			json_array_size(blocked)   ? ": keeps from guests "
			: json_array_size(devices) ? ": for "
						   : "",
			joined(json_array_size(blocked) ? blocked : devices, names, sizeof(names)));
	}
	json_decref(all);
}

static void say_summary(const struct cli *cli, const struct iommu_table *iommu, const struct host *host)
{
	const char *name;

	say_reserved(cli, iommu);
	for (size_t i = 0; iommu->acpi.size && (name = iommu_table_flag(iommu, i)); i++)
		if (*name)
			cli_say(cli, "flag: %s", name);
	if (iommu->host_address_width)
		cli_say(cli, "host address width: %u bits", iommu->host_address_width);
	if (host)
		cli_say(cli, "in use: DMA remapping %s, interrupt remapping %s", host->iommu.translating ? "yes" : "no",
			host->iommu.interrupt_remapping == IOMMU_YES  ? "yes"
			: host->iommu.interrupt_remapping == IOMMU_NO ? "no"
								      : "unknown");
	if (host && iommu->table_errno == ENOENT)
		cli_say(cli, "the firmware has no DMAR and no IVRS table");
	else if (host && iommu->table_errno)
		cli_say(cli,
			"the firmware's table cannot be read (%s): scopes and reserved memory are unknown; try as root",
			strerror(iommu->table_errno));
	for (size_t i = 0; i < iommu->acpi.flaw_count && i < ACPI_FLAW_MAX; i++)
		cli_say(cli, "%s at offset 0x%" PRIx32 ": %s", iommu->acpi.flaw[i].malformed ? "malformed" : "warning",
			iommu->acpi.flaw[i].offset, iommu->acpi.flaw[i].text);
}

/* Shown is what could be decoded; that it is not all is an error. */
static int judge(const struct iommu_table *iommu, const char *name, struct error *err)
{
	const struct acpi_flaw *flaw = iommu->acpi.flaw;

	if (!iommu->acpi.malformed_count)
		return 0;
	for (size_t i = 0; i < ACPI_FLAW_MAX - 1 && i + 1 < iommu->acpi.flaw_count && !flaw->malformed; i++)
		flaw++;
	fail_code(err, CODE_ACPI_MALFORMED, EBADMSG, "%s: malformed %s table at offset 0x%" PRIx32 ": %s", name,
		iommu->acpi.signature, flaw->offset, flaw->text);
	return fail_hint(err, "what could be decoded is shown; 'iasl -d' is a second opinion");
}

static int print(const struct cli *cli, const struct iommu_table *iommu, const struct host *host, const char *name,
	struct error *err)
{
	const struct table table = { .payload = "units", .columns = columns, .context = iommu };
	cleanup_free struct table_row *rows = calloc(iommu->unit_count + 1, sizeof(*rows));
	bool plain = cli->table.columns || cli->table.no_heading || cli->table.raw;
	int ret;

	if (!rows)
		return fail(err, ENOMEM, "show the IOMMUs");
	for (size_t i = 0; i < iommu->unit_count; i++)
		rows[i] = (struct table_row){ &iommu->unit[i], -1 };
	if (cli->json)
		ret = print_json(cli, &table, rows, iommu, host, err);
	else
		ret = table_print(cli, &table, rows, iommu->unit_count, err);
	if (!ret && !cli->json && !plain)
		say_summary(cli, iommu, host);
	return ret < 0 ? ret : judge(iommu, name, err);
}

static int run_file(const struct cli *cli, const char *name, struct error *err)
{
	cleanup_iommu_table struct iommu_table table = { 0 };
	cleanup_close int fd = open(name, O_RDONLY | O_CLOEXEC);
	cleanup_free void *bytes = NULL;
	size_t size;
	int ret;

	if (fd < 0) {
		fail(err, errno, "open %s", name);
		return fail_hint(err, "name a copy of /sys/firmware/acpi/tables/DMAR or IVRS");
	}
	ret = acpi_file_read(fd, name, &bytes, &size, err);
	if (ret < 0)
		return ret;
	ret = iommu_table_parse(bytes, size, &table, err);
	return ret < 0 ? fail_in(err, "%s", name) : print(cli, &table, NULL, name, err);
}

static int run_iommu(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	const struct iommu_options *iommu = values;
	cleanup(host_close) struct host host = { .root = { .fd = -1 } };
	cleanup_iommu_table struct iommu_table table = { 0 };
	int ret;

	(void)args;
	(void)count;
	if (iommu->acpi)
		return run_file(cli, iommu->acpi, err);
	ret = host_open(&host, cli->sysroot, 0, err);
	if (!ret)
		ret = iommu_table_read(&host.root, &host.pci, &table, err);
	return ret < 0 ? ret : print(cli, &table, &host, "this host", err);
}

static const char *const details[] = {
	"Units come from the firmware's DMAR (Intel) or IVRS (AMD) table, which only root may read, and from "
	"/sys/class/iommu. Abilities are what a unit could do; 'in use' is what the kernel does with them. "
	"'-' is unknown: a table alone does not say what Intel's registers say.",
	NULL,
};

static const char *const examples[] = {
	"sluice iommu",
	"sluice iommu -o UNIT,DEVICES",
	"sluice iommu --acpi dmar.bin --json",
	NULL,
};

const struct command cmd_iommu = {
	.name = "iommu",
	.summary = "show the IOMMUs, what they can do and what the firmware reserves",
	.options = options,
	.options_size = sizeof(struct iommu_options),
	.columns = columns,
	.details = details,
	.examples = examples,
	.run = run_iommu,
};
