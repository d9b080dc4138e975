// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A device for people, in sections as lspci -v has them: a table of what is shown where, and how. A row whose value is
 * unknown, empty or nothing is left out, and so is a section without rows.
 */
#include "cli/show_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/paragraph.h"

enum {
	LABEL_WIDTH = 22,
	TEXT_SIZE = 1024,
};

struct show_row {
	const char *section, *key, *label; /* key: of the JSON object, "identity.serial" for one inside */
	/* One value, or one element of an array, as text; NULL: it is text, a number or a list of those. */
	void (*text)(const json_t *value, char *buf, size_t size);
};

static bool is_nothing(const json_t *value)
{
	return !value || json_is_null(value) || (json_is_array(value) && !json_array_size(value)) ||
	       (json_is_object(value) && !json_object_size(value)) ||
	       (json_is_string(value) && !json_string_length(value));
}

static const json_t *find(const json_t *object, const char *key)
{
	const char *dot = strchr(key, '.');
	char outer[32];

	if (!dot)
		return json_object_get(object, key);
	snprintf(outer, sizeof(outer), "%.*s", (int)(dot - key), key);
	return json_object_get(json_object_get(object, outer), dot + 1);
}

static const char *text_in(const json_t *object, const char *key)
{
	const char *text = json_string_value(find(object, key));

	return text ? text : "";
}

static long long number_in(const json_t *object, const char *key)
{
	return json_integer_value(find(object, key));
}

__attribute__((format(printf, 3, 4))) static void append(char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf + used, size - used, fmt, args);
	va_end(args);
}

static void plain_text(const json_t *value, char *buf, size_t size)
{
	const json_t *item;
	size_t i;

	if (json_is_array(value)) {
		json_array_foreach(value, i, item)
		{
			append(buf, size, "%s", i ? ", " : "");
			plain_text(item, buf, size);
		}
	} else if (json_is_string(value)) {
		append(buf, size, "%s", json_string_value(value));
	} else if (json_is_integer(value)) {
		append(buf, size, "%lld", (long long)json_integer_value(value));
	} else if (json_is_real(value)) {
		append(buf, size, "%.1f", json_real_value(value));
	} else {
		append(buf, size, "%s", json_is_true(value) ? "yes" : "no");
	}
}

static void sriov_text(const json_t *value, char *buf, size_t size)
{
	append(buf, size, "%lld of %lld", number_in(value, "num_vfs"), number_in(value, "total_vfs"));
	if (json_is_false(find(value, "autoprobe")))
		append(buf, size, "; drivers are kept from new ones");
}

static void user_text(const json_t *value, char *buf, size_t size)
{
	append(buf, size, "%s%s", text_in(value, "what"),
		strcmp(text_in(value, "severity"), "block") ? " (would be missed, stops nothing)" : "");
}

static void bar_text(const json_t *value, char *buf, size_t size)
{
	const char *type = text_in(value, "type");
	char bytes[32];

	append(buf, size, "%lld: %s %s", number_in(value, "index"),
		size_to_text((uint64_t)number_in(value, "size"), bytes, sizeof(bytes)),
		!strcmp(type, "io")         ? "of I/O ports"
		: !strcmp(type, "rom")      ? "of ROM"
		: !strcmp(type, "memory64") ? "of 64-bit memory"
					    : "of 32-bit memory");
	append(buf, size, "%s%s", json_is_true(find(value, "prefetchable")) ? ", prefetchable" : "",
		text_in(value, "address")[0] ? ", at " : ", no address");
	append(buf, size, "%s", text_in(value, "address"));
}

/* A register that is zero is no news. */
static bool is_zero(const json_t *value)
{
	return json_is_false(value) || (json_is_integer(value) && !json_integer_value(value)) ||
	       (json_is_string(value) && !strncmp(json_string_value(value), "0x", 2) &&
		       !strtoull(json_string_value(value), NULL, 16));
}

static void capability_text(const json_t *value, char *buf, size_t size)
{
	static const char *const said[] = { "id", "name", "title", "offset", "extended", "version" };
	const json_t *item;
	const char *key;
	size_t shown = 0;

	append(buf, size, "%s %s", text_in(value, "offset"),
		text_in(value, "title")[0] ? text_in(value, "title") : text_in(value, "id"));
	json_object_foreach((json_t *)value, key, item)
	{
		bool skip = is_nothing(item) || is_zero(item) || json_is_object(item);
		char words[48];

		for (size_t i = 0; i < array_size(said); i++)
			skip = skip || !strcmp(key, said[i]);
		if (skip)
			continue;
		text_copy(words, sizeof(words), key);
		for (char *c = words; *c; c++)
			*c = *c == '_' ? ' ' : *c;
		append(buf, size, "%s%s", shown++ ? ", " : ": ", words);
		if (!json_is_true(item)) {
			append(buf, size, " ");
			plain_text(item, buf, size);
		}
	}
}

static void link_end(const json_t *end, const char *between, const char *who, char *buf, size_t size)
{
	if (is_nothing(end) || is_nothing(find(end, "width")) || is_nothing(find(end, "speed_gts")))
		return;
	append(buf, size, "%s%sx%lld at %.1f GT/s", between, who, number_in(end, "width"),
		json_number_value(find(end, "speed_gts")));
}

static void link_text(const json_t *value, char *buf, size_t size)
{
	link_end(find(value, "current"), "", "", buf, size);
	link_end(find(value, "maximum"), "; ", "the device can ", buf, size);
	link_end(find(value, "port_maximum"), "; ", "the slot can ", buf, size);
	if (json_is_true(find(value, "degraded")))
		append(buf, size, "; limited by the %s", text_in(value, "limited_by"));
}

static void region_text(const json_t *value, char *buf, size_t size)
{
	append(buf, size, "%s-%s (%s)", text_in(value, "start"), text_in(value, "end"), text_in(value, "type"));
}

static void isolation_text(const json_t *value, char *buf, size_t size)
{
	append(buf, size, "%s%s%s", json_is_true(find(value, "isolated")) ? "alone in its group" : "shared",
		text_in(value, "reason")[0] ? ": " : "", text_in(value, "reason"));
}

static void manager_text(const json_t *value, char *buf, size_t size)
{
	append(buf, size, "%s: %s (%s)", text_in(value, "name"), text_in(value, "what"), text_in(value, "file"));
}

static void answer_text(const json_t *value, char *buf, size_t size)
{
	append(buf, size, "%s", json_is_null(value) ? "unknown" : json_is_true(value) ? "yes" : "no");
}

static bool is_in(const json_t *list, const char *word)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item) if (!strcmp(json_string_value(item), word)) return true;
	return false;
}

/* "CODE: it ...", for whom that counts, and each remedy. */
static void reason_text(const json_t *value, char *buf, size_t size)
{
	const json_t *stops = find(value, "stops");
	const json_t *remedy;
	bool run = is_in(stops, "run");
	bool other = is_in(stops, "other-vmm");
	size_t i;

	append(buf, size, "%s: it %s", text_in(value, "code"), text_in(value, "text"));
	if (run && !other)
		append(buf, size, " (with 'sluice run' only)");
	json_array_foreach(find(value, "remedies"), i, remedy)
	{
		const char *command = text_in(remedy, "command");

		append(buf, size, "%s%s", i ? "; or " : ". Remedy: ", text_in(remedy, "text"));
		if (command[0])
			append(buf, size, ": '%s'", command);
	}
	if (text_in(value, "no_remedy")[0])
		append(buf, size, ". No remedy as this host is: %s", text_in(value, "no_remedy"));
}

static const char verdict[] = "Verdict", is[] = "Device", iommu[] = "IOMMU group", hardware[] = "Registers and link";

static const struct show_row rows[] = {
	{ verdict, "assignable", "with 'sluice run'", answer_text },
	{ verdict, "assignable_other_vmm", "to another VMM", answer_text },
	{ verdict, "owner", "who has it", NULL },
	{ verdict, "reasons", "against it", reason_text },
	{ verdict, "users", "used by", user_text },
	{ verdict, "managers", "managed by", manager_text },
	{ is, "class_name", "class", NULL },
	{ is, "vendor", "vendor", NULL },
	{ is, "name", "name", NULL },
	{ is, "identity.ids", "ids", NULL },
	{ is, "driver", "driver", NULL },
	{ is, "modalias_drivers", "modules", NULL },
	{ is, "numa_node", "NUMA node", NULL },
	{ is, "netdevs", "network devices", NULL },
	{ is, "block_devices", "disks", NULL },
	{ is, "pf", "VF of", NULL },
	{ is, "vf_index", "number of the VF", NULL },
	{ is, "sriov", "VFs", sriov_text },
	{ is, "reset", "reset by", NULL },
	{ is, "reset_methods", "ways to reset it", NULL },
	{ is, "identity.serial", "serial number", NULL },
	{ is, "identity.permanent_mac", "permanent MAC", NULL },
	{ is, "identity.vpd.product", "product", NULL },
	{ is, "identity.path", "path", NULL },
	{ iommu, "iommu_group", "group", NULL },
	{ iommu, "group_members", "members", NULL },
	{ iommu, "isolation", "isolation", isolation_text },
	{ iommu, "reserved_regions", "reserved", region_text },
	{ hardware, "bars", "BARs", bar_text },
	{ hardware, "vf_bars", "BARs of its VFs", bar_text },
	{ hardware, "msix_vectors", "MSI-X vectors", NULL },
	{ hardware, "link", "link", link_text },
	{ "Capabilities", "capabilities", "", capability_text },
};

/* label "": one more value of the row above. All values of a row begin in one column. */
static void print_line(const struct cli *cli, const char *label, size_t indent, const char *text)
{
	int used = fprintf(cli->out, "  %s%s", label, label[0] ? ":" : "");

	paragraph_print(cli->out, text, used < 0 ? 0 : (size_t)used, indent, paragraph_width(cli->out));
}

/* A list of objects has a line for each. */
static void print_row(const struct cli *cli, const struct show_row *row, const json_t *value)
{
	const size_t indent = row->label[0] ? LABEL_WIDTH : 4;
	char text[TEXT_SIZE] = "";
	const json_t *item;
	size_t i;

	if (!row->text || !json_is_array(value)) {
		(row->text ? row->text : plain_text)(value, text, sizeof(text));
		print_line(cli, row->label, indent, text);
		return;
	}
	json_array_foreach(value, i, item)
	{
		text[0] = '\0';
		row->text(item, text, sizeof(text));
		print_line(cli, i ? "" : row->label, indent, text);
	}
}

/* As lspci begins: address, class, vendor and name, ids. */
static void print_title(const struct cli *cli, const json_t *device)
{
	const char *vendor = text_in(device, "vendor");
	char text[TEXT_SIZE] = "";

	append(text, sizeof(text), "%s %s: %s%s%s [%s]", text_in(device, "address"),
		text_in(device, "class_name")[0] ? text_in(device, "class_name") : text_in(device, "class"), vendor,
		vendor[0] ? " " : "", text_in(device, "name")[0] ? text_in(device, "name") : "Device",
		text_in(device, "ids"));
	fprintf(cli->out, "%s", cli_color(cli->color, "bold"));
	paragraph_flow(cli->out, text, 0, 0, paragraph_width(cli->out));
	fprintf(cli->out, "%s\n", cli_color_end(cli->color));
}

void show_text_print(const struct cli *cli, const json_t *device)
{
	const char *section = NULL;

	print_title(cli, device);
	for (size_t i = 0; i < array_size(rows); i++) {
		const json_t *value = find(device, rows[i].key);

		/* Whether it can be given away is never left out: unknown is an answer. */
		if (rows[i].text != answer_text && is_nothing(value))
			continue;
		if (section != rows[i].section)
			fprintf(cli->out, "\n%s%s%s\n", cli_color(cli->color, "bold"), rows[i].section,
				cli_color_end(cli->color));
		section = rows[i].section;
		print_row(cli, &rows[i], value);
	}
	if (json_is_false(find(device, "capabilities_complete")))
		fprintf(cli->out, "\nNot all of its configuration space could be read: ask as root.\n");
}
