// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What sluice-vmm says of a device's configuration space (wire/control.h), as text and as JSON; see explain_config.h.
 * The reasons come from the tables in passthrough/vfio_config_rows.c.
 */
#include "cli/explain_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/guest_device.h"
#include "cli/paragraph.h"
#include "guest/control.h"

enum {
	WHY_INDENT = 7,
	WRITES_SIZE = 64,
};

/* reg->size is 1, 2 or 4: control_ask() has looked. */
static int digits_of(const struct control_register *reg)
{
	return reg->size == 1 ? 2 : reg->size == 2 ? 4 : 8;
}

/* "device 0x0004, own 0x0543"; "dropped" where none of its bits can be written. */
static void describe_writes(const struct control_register *reg, char buf[static WRITES_SIZE])
{
	int digits = digits_of(reg);
	char own[24] = "", through[24] = "";

	if (reg->through)
		snprintf(through, sizeof(through), "device 0x%0*x", digits, reg->through);
	if (reg->own)
		snprintf(own, sizeof(own), "own 0x%0*x", digits, reg->own);
	snprintf(buf, WRITES_SIZE, "%s%s%s", through, through[0] && own[0] ? ", " : "", own);
	if (!buf[0])
		snprintf(buf, WRITES_SIZE, "dropped");
}

static void print_register(const struct cli *cli, const struct control_register *reg, size_t width)
{
	char writes[WRITES_SIZE], hardware[16], guest[16];
	int digits = digits_of(reg);

	describe_writes(reg, writes);
	snprintf(hardware, sizeof(hardware), "0x%0*x", digits, reg->hardware);
	snprintf(guest, sizeof(guest), "0x%0*x", digits, reg->guest);
	fprintf(cli->out, "0x%03x  %-20.20s %-11s %-11s %s\n", reg->offset, reg->name, hardware, guest, writes);
	paragraph_print(cli->out, reg->why, 0, WHY_INDENT, width);
}

static void print_text(const struct cli *cli, const struct guest_info *info, const char *device,
	const struct control_explanation *explanation)
{
	size_t width = paragraph_width(cli->out);

	fprintf(cli->out, "%sConfiguration space of %s in guest %s%s\n\n", cli_color(cli->color, "bold"), device,
		info->name, cli_color_end(cli->color));
	fprintf(cli->out, "%sAT     REGISTER             DEVICE      GUEST       WRITES%s\n",
		cli_color(cli->color, "bold"), cli_color_end(cli->color));
	for (uint32_t i = 0; i < explanation->register_count; i++)
		print_register(cli, &explanation->reg[i], width);
	fprintf(cli->out, "\n");
	paragraph_print(cli->out,
		"Writes: \"device\" are bits that reach the device, \"own\" those of which the guest has a copy of its "
		"own. Whatever is not listed reads as zero, and writes to it are dropped.",
		0, 0, width);
}

static json_t *register_json(const struct control_register *reg)
{
	int digits = digits_of(reg);
	json_t *row = json_pack("{s:o, s:I, s:o, s:o, s:o}", "offset", json_hex(reg->offset, 3), "size",
		(json_int_t)reg->size, "name", json_text(reg->name), "device", json_hex(reg->hardware, digits), "guest",
		json_hex(reg->guest, digits));

	json_object_set_new(row, "passed", json_hex(reg->passed, digits));
	json_object_set_new(row, "written_own", json_hex(reg->own, digits));
	json_object_set_new(row, "written_device", json_hex(reg->through, digits));
	json_object_set_new(row, "why", json_text(reg->why));
	return row;
}

static int print_json(const struct cli *cli, const struct guest_info *info, const char *device,
	const struct control_explanation *explanation, struct error *err)
{
	json_t *object = cli_json_new(), *rows = json_array();

	for (uint32_t i = 0; i < explanation->register_count; i++)
		json_array_append_new(rows, register_json(&explanation->reg[i]));
	json_object_set_new(object, "guest_config",
		json_pack("{s:s, s:s, s:o}", "guest", info->name, "device", device, "registers", rows));
	return cli_json_print(cli, object, err);
}

int explain_config(const struct cli *cli, const struct sysroot *root, const struct guest_info *info,
	const char *device_name, struct error *err)
{
	cleanup_free struct control_answer *answer = calloc(1, sizeof(*answer));
	struct control_request request = { .op = CONTROL_EXPLAIN_CONFIG };
	char address[PCI_ADDR_TEXT_SIZE];
	int ret =
		answer ? guest_device_find(root, info, device_name, address, err) : fail(err, ENOMEM, "ask the guest");

	if (ret < 0)
		return ret;
	text_copy(request.device, sizeof(request.device), address);
	ret = guest_ask(root, info->name, &request, answer, err);
	if (ret < 0)
		return ret;
	if (cli->json)
		return print_json(cli, info, address, &answer->explanation, err);
	print_text(cli, info, address, &answer->explanation);
	return 0;
}
