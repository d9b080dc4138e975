// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * devlink's answers to text and back; see devlink_text.h. One table says what of each struct is written, and is read
 * again. The text is a stranger's: what is no line of ours, and keys that are not known, are passed over.
 */
#include "sriov/devlink_text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/lines.h"

enum field_type {
	FIELD_INT,   /* int, DEVLINK_UNKNOWN: not written */
	FIELD_LONG,  /* int64_t, the same */
	FIELD_INDEX, /* uint32_t */
	FIELD_FLAG,  /* bool */
	FIELD_MAC,   /* struct mac_addr, not written when zero */
	FIELD_TEXT,
};

struct field {
	const char *key;
	enum field_type type;
	size_t offset, size;
};

#define MEMBER(of, name, kind, key)                                                                                    \
	{                                                                                                              \
		key, kind, offsetof(struct of, name), sizeof(((struct of *)NULL)->name)                                \
	}
static const struct field eswitch_fields[] = {
	MEMBER(devlink_eswitch, mode, FIELD_INT, "mode"),
	MEMBER(devlink_eswitch, inline_mode, FIELD_INT, "inline_mode"),
	MEMBER(devlink_eswitch, encap_mode, FIELD_INT, "encap_mode"),
	{ NULL },
};

static const struct field port_fields[] = {
	MEMBER(devlink_port, index, FIELD_INDEX, "index"),
	MEMBER(devlink_port, type, FIELD_INT, "type"),
	MEMBER(devlink_port, flavour, FIELD_INT, "flavour"),
	MEMBER(devlink_port, controller, FIELD_INT, "controller"),
	MEMBER(devlink_port, external, FIELD_INT, "external"),
	MEMBER(devlink_port, pf, FIELD_INT, "pf"),
	MEMBER(devlink_port, vf, FIELD_INT, "vf"),
	MEMBER(devlink_port, sf, FIELD_INT, "sf"),
	MEMBER(devlink_port, number, FIELD_INT, "number"),
	MEMBER(devlink_port, ifindex, FIELD_INDEX, "ifindex"),
	MEMBER(devlink_port, netdev, FIELD_TEXT, "netdev"),
	MEMBER(devlink_port, has_function, FIELD_FLAG, "function"),
	MEMBER(devlink_port, function.has_hw_addr, FIELD_FLAG, "has_hw_addr"),
	MEMBER(devlink_port, function.hw_addr, FIELD_MAC, "hw_addr"),
	MEMBER(devlink_port, function.state, FIELD_INT, "state"),
	MEMBER(devlink_port, function.opstate, FIELD_INT, "opstate"),
	MEMBER(devlink_port, function.roce, FIELD_INT, "roce"),
	MEMBER(devlink_port, function.migratable, FIELD_INT, "migratable"),
	MEMBER(devlink_port, function.ipsec_crypto, FIELD_INT, "ipsec_crypto"),
	MEMBER(devlink_port, function.ipsec_packet, FIELD_INT, "ipsec_packet"),
	MEMBER(devlink_port, function.max_io_eqs, FIELD_LONG, "max_io_eqs"),
	{ NULL },
};

static const struct field rate_fields[] = {
	MEMBER(devlink_rate, is_node, FIELD_FLAG, "is_node"),
	MEMBER(devlink_rate, port, FIELD_INDEX, "port"),
	MEMBER(devlink_rate, node, FIELD_TEXT, "node"),
	MEMBER(devlink_rate, parent, FIELD_TEXT, "parent"),
	MEMBER(devlink_rate, tx_share, FIELD_LONG, "tx_share"),
	MEMBER(devlink_rate, tx_max, FIELD_LONG, "tx_max"),
	MEMBER(devlink_rate, tx_priority, FIELD_LONG, "tx_priority"),
	MEMBER(devlink_rate, tx_weight, FIELD_LONG, "tx_weight"),
	{ NULL },
};
#undef MEMBER

bool devlink_text_is_there(const struct sysroot *root)
{
	return sysroot_exists(root, DEVLINK_TEXT_FILE);
}

/* Names of nodes are anything: a blank would be two words. */
static void put_text(const char *key, const char *text, FILE *out)
{
	if (!text[0])
		return;
	fprintf(out, " %s=", key);
	for (; *text; text++)
		fputc(isgraph((unsigned char)*text) ? *text : '_', out);
}

static void put_field(const struct field *field, const void *object, FILE *out)
{
	const char *place = (const char *)object + field->offset;
	char mac[MAC_TEXT_SIZE];

	switch (field->type) {
	case FIELD_INT:
		if (*(const int *)place != DEVLINK_UNKNOWN)
			fprintf(out, " %s=%d", field->key, *(const int *)place);
		return;
	case FIELD_LONG:
		if (*(const int64_t *)place != DEVLINK_UNKNOWN)
			fprintf(out, " %s=%" PRId64, field->key, *(const int64_t *)place);
		return;
	case FIELD_INDEX:
		fprintf(out, " %s=%" PRIu32, field->key, *(const uint32_t *)place);
		return;
	case FIELD_FLAG:
		if (*(const bool *)place)
			fprintf(out, " %s=1", field->key);
		return;
	case FIELD_MAC:
		if (!mac_is_zero((const struct mac_addr *)place))
			fprintf(out, " %s=%s", field->key, mac_to_text((const struct mac_addr *)place, mac));
		return;
	default:
		put_text(field->key, place, out);
	}
}

static void put_line(const char *what, const struct devlink_handle *handle, const struct field *fields,
	const void *object, FILE *out)
{
	char text[DEVLINK_HANDLE_TEXT_SIZE];

	fprintf(out, "%s %s", what, devlink_handle_text(handle, text));
	for (; fields->key; fields++)
		put_field(fields, object, out);
	fputc('\n', out);
}

void devlink_text_put_eswitch(const struct devlink_handle *handle, const struct devlink_eswitch *eswitch, FILE *out)
{
	put_line("eswitch", handle, eswitch_fields, eswitch, out);
}

void devlink_text_put_port(const struct devlink_port *port, FILE *out)
{
	put_line("port", &port->handle, port_fields, port, out);
}

void devlink_text_put_rate(const struct devlink_rate *rate, FILE *out)
{
	put_line("rate", &rate->handle, rate_fields, rate, out);
}

static void take_field(const struct field *field, const char *value, void *object)
{
	char *place = (char *)object + field->offset;
	uint64_t number = 0;
	uint64_t max = field->type == FIELD_LONG    ? INT64_MAX
		       : field->type == FIELD_INDEX ? UINT32_MAX
		       : field->type == FIELD_FLAG  ? 1
						    : INT32_MAX;

	if (field->type == FIELD_TEXT)
		text_copy(place, field->size, value);
	else if (field->type == FIELD_MAC)
		text_to_mac(value, (struct mac_addr *)place);
	else if (text_to_u64(value, max, &number) < 0)
		return;
	else if (field->type == FIELD_LONG)
		*(int64_t *)place = (int64_t)number;
	else if (field->type == FIELD_INDEX)
		*(uint32_t *)place = (uint32_t)number;
	else if (field->type == FIELD_FLAG)
		*(bool *)place = number;
	else
		*(int *)place = (int)number;
}

/* rest: KEY=VALUE, with blanks between; taken apart. */
static void take_fields(char *rest, const struct field *fields, void *object)
{
	char *word;

	while ((word = strsep(&rest, " "))) {
		char *equals = strchr(word, '=');

		if (!equals)
			continue;
		*equals = '\0';
		for (const struct field *field = fields; field->key; field++)
			if (!strcmp(field->key, word))
				take_field(field, equals + 1, object);
	}
}

static bool take_handle(const char *text, struct devlink_handle *ret_handle)
{
	const char *slash = strchr(text, '/');
	struct devlink_handle handle = { 0 };

	if (!slash || slash == text || !slash[1] || (size_t)(slash - text) >= sizeof(handle.bus) ||
		!text_copy(handle.name, sizeof(handle.name), slash + 1))
		return false;
	memcpy(handle.bus, text, (size_t)(slash - text));
	*ret_handle = handle;
	return true;
}

/* The next line of this kind, of that device (NULL: of any): its device, and what follows. NULL: no more. */
static char *next_line(
	struct lines *lines, const char *what, const struct devlink_handle *handle, struct devlink_handle *ret_handle)
{
	char *line;

	while ((line = lines_next(lines))) {
		const char *kind = strsep(&line, " ");
		const char *whose = line ? strsep(&line, " ") : NULL;

		if (whose && !strcmp(kind, what) && take_handle(whose, ret_handle) &&
			(!handle || devlink_handle_same(handle, ret_handle)))
			return line ? line : (char *)"";
	}
	return NULL;
}

static int open_text(const struct sysroot *root, struct lines *lines, struct error *err)
{
	int ret = lines_open(lines, root, false, DEVLINK_TEXT_FILE);

	return ret < 0 ? fail(err, -ret, "read %s", DEVLINK_TEXT_FILE) : 0;
}

int devlink_text_eswitch(const struct sysroot *root, const struct devlink_handle *handle,
	struct devlink_eswitch *ret_eswitch, struct error *err)
{
	cleanup(lines_close) struct lines lines = { .fd = -1 };
	char text[DEVLINK_HANDLE_TEXT_SIZE];
	struct devlink_handle found;
	int ret = open_text(root, &lines, err);
	char *rest = ret < 0 ? NULL : next_line(&lines, "eswitch", handle, &found);

	if (ret < 0)
		return ret;
	devlink_eswitch_init(ret_eswitch);
	if (!rest)
		return fail_code(err, CODE_ESWITCH_NONE, ENOENT, "%s had no eswitch when this host was captured",
			devlink_handle_text(handle, text));
	take_fields(rest, eswitch_fields, ret_eswitch);
	return 0;
}

/* One kind of line, as a list. */
struct reading {
	const char *what;
	const struct field *fields;
	size_t size, max;
	void (*init)(void *item, const struct devlink_handle *handle);
};

static int read_list(const struct sysroot *root, const struct devlink_handle *handle, const struct reading *reading,
	void **ret_items, size_t *ret_count, struct error *err)
{
	cleanup(lines_close) struct lines lines = { .fd = -1 };
	char *items = NULL, *rest;
	struct devlink_handle found;
	size_t count = 0;
	int ret = open_text(root, &lines, err);

	while (!ret && count < reading->max && (rest = next_line(&lines, reading->what, handle, &found))) {
		char *more = realloc(items, (count + 1) * reading->size);

		if (!more) {
			ret = fail(err, ENOMEM, "read eswitches");
			break;
		}
		items = more;
		memset(items + count * reading->size, 0, reading->size);
		reading->init(items + count * reading->size, &found);
		take_fields(rest, reading->fields, items + count++ * reading->size);
	}
	if (ret < 0) {
		free(items);
		return ret;
	}
	*ret_items = items;
	*ret_count = count;
	return 0;
}

static void init_handle(void *item, const struct devlink_handle *handle)
{
	*(struct devlink_handle *)item = *handle;
}

static void init_port(void *item, const struct devlink_handle *handle)
{
	struct devlink_port *port = item;

	port->handle = *handle;
	port->type = port->flavour = port->controller = port->external = DEVLINK_UNKNOWN;
	port->pf = port->vf = port->sf = port->number = DEVLINK_UNKNOWN;
	devlink_function_init(&port->function);
}

static void init_rate(void *item, const struct devlink_handle *handle)
{
	struct devlink_rate *rate = item;

	devlink_rate_init(rate);
	rate->handle = *handle;
}

int devlink_text_handles(
	const struct sysroot *root, struct devlink_handle **ret_handles, size_t *ret_count, struct error *err)
{
	static const struct field nothing[] = { { NULL } };
	static const struct reading reading = { "eswitch", nothing, sizeof(struct devlink_handle), DEVLINK_PORTS_MAX,
		init_handle };

	return read_list(root, NULL, &reading, (void **)ret_handles, ret_count, err);
}

int devlink_text_ports(const struct sysroot *root, const struct devlink_handle *handle, struct devlink_port **ret_ports,
	size_t *ret_count, struct error *err)
{
	static const struct reading reading = { "port", port_fields, sizeof(struct devlink_port), DEVLINK_PORTS_MAX,
		init_port };

	return read_list(root, handle, &reading, (void **)ret_ports, ret_count, err);
}

int devlink_text_rates(const struct sysroot *root, const struct devlink_handle *handle, struct devlink_rate **ret_rates,
	size_t *ret_count, struct error *err)
{
	static const struct reading reading = { "rate", rate_fields, sizeof(struct devlink_rate), DEVLINK_RATES_MAX,
		init_rate };

	return read_list(root, handle, &reading, (void **)ret_rates, ret_count, err);
}
