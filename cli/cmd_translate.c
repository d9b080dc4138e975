// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `sluice translate`: one address of a guest, step by step to this machine's memory, for its processors and its
 * devices; guest/translate.h finds the way.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/guest_device.h"
#include "guest/translate.h"

enum {
	NAME,
	ADDRESS,
	ARGUMENTS,
};

struct translate_options {
	uint64_t vcpu;
	bool gpa;
	const char *iova;
};

#define AT(member) offsetof(struct translate_options, member)
static const struct option_row option_rows[] = {
	{ "vcpu", 0, "N", "ADDRESS is a virtual one, in the page tables of this vCPU (default: 0)", OPTION_NUMBER,
		AT(vcpu), 0, VCPU_MAX - 1, NULL },
	{ "gpa", 0, NULL, "ADDRESS is a guest-physical one", OPTION_FLAG, AT(gpa), 0, 0, NULL },
	{ "iova", 0, "DEVICE", "ADDRESS is one that this device of the guest uses for DMA", OPTION_TEXT, AT(iova), 0, 0,
		NULL },
	{ NULL },
};

static json_t *space_of(const void *row, const void *context)
{
	(void)context;
	return json_text(chain_space_name(((const struct chain_link *)row)->space));
}

static const struct column columns[] = {
	{ "SPACE", "space",
		"gva: the guest's virtual addresses; gpa: its physical ones; hva: sluice-vmm's; hpa: this machine's; "
		"iova: its devices'",
		COLUMN_SHOWN, .get = space_of },
	{ "ADDRESS", "address", "the address in that space", COLUMN_SHOWN | COLUMN_RIGHT,
		FIELD(struct chain_link, address), .digits = 1 },
	{ "PAGE", "page_size", "size of the page that it lies in", COLUMN_SHOWN | COLUMN_RIGHT | COLUMN_SIZE,
		FIELD(struct chain_link, page_bytes), .as = COLUMN_AS_NONZERO },
	{ "ACCESS", "permissions", "what that page grants: r, w, x; u: to programs of the guest too", COLUMN_SHOWN,
		FIELD(struct chain_link, permissions) },
	{ "SOURCE", "source", "what says where the address leads, or that it is this one", COLUMN_SHOWN,
		FIELD(struct chain_link, source) },
	{ NULL },
};
static const struct table table = { .payload = "chain", .columns = columns };

static int read_request(const struct sysroot *root, const struct guest_info *info,
	const struct translate_options *options, const char *address, char device[static PCI_ADDR_TEXT_SIZE],
	struct translate_request *ret_request, struct error *err)
{
	*ret_request = (struct translate_request){ .from = SPACE_GVA, .vcpu = (unsigned int)options->vcpu };
	if (text_to_u64(address, UINT64_MAX, &ret_request->address) < 0) {
		fail_code(err, CODE_USAGE, EINVAL, "'%s' is no address", address);
		return fail_hint(err, "write it as 0x1000, or as a decimal number");
	}
	if (options->gpa && options->iova)
		return fail_code(
			err, CODE_USAGE, EINVAL, "an address is either guest-physical (--gpa) or a device's (--iova)");
	if (options->gpa)
		ret_request->from = SPACE_GPA;
	if (!options->iova)
		return 0;
	ret_request->from = SPACE_IOVA;
	ret_request->device = device;
	return guest_device_find(root, info, options->iova, device, err);
}

static json_t *walk_json(const struct translation *translation)
{
	json_t *levels = json_array();

	if (!translation->walked)
		return levels;
	for (uint32_t i = 0; i < translation->walk.entry_count; i++) {
		const struct walk_entry *entry = &translation->walk.entry[i];

		json_array_append_new(levels, json_pack("{s:I, s:o, s:o}", "level", (json_int_t)entry->level, "at",
						      entry->at == UINT64_MAX ? json_null() : json_hex(entry->at, 1),
						      "entry", json_hex(entry->value, 16)));
	}
	return levels;
}

static size_t make_rows(const struct translation *translation, struct table_row *rows)
{
	for (size_t i = 0; i < translation->count; i++)
		rows[i] = (struct table_row){ &translation->link[i], -1 };
	return translation->count;
}

static int print_json(
	const struct cli *cli, const struct guest_info *info, const struct translation *translation, struct error *err)
{
	struct table_row rows[CHAIN_MAX];
	json_t *object = cli_json_new();

	json_object_set_new(object, "guest", json_text(info->name));
	json_object_set_new(object, "chain", table_json(&table, rows, make_rows(translation, rows)));
	json_object_set_new(object, "agree", json_boolean(translation->agree));
	json_object_set_new(object, "walk", walk_json(translation));
	json_object_set_new(object, "paging",
		translation->walked ? json_text(paging_mode_text(translation->walk.mode)) : json_null());
	json_object_set_new(object, "ends", translation->end.errnum ? json_text(translation->end.msg) : json_null());
	return cli_json_print(cli, object, err);
}

static int print_text(const struct cli *cli, const struct translation *translation, struct error *err)
{
	struct table_row rows[CHAIN_MAX];
	bool has_device = false;
	int ret = table_print(cli, &table, rows, make_rows(translation, rows), err);

	for (size_t i = 0; i < translation->count; i++)
		has_device |= translation->link[i].device;
	for (uint32_t i = 0; translation->walked && i < translation->walk.entry_count; i++)
		cli_say_more(cli, "level %u at 0x%" PRIx64 ": 0x%016" PRIx64, translation->walk.entry[i].level,
			translation->walk.entry[i].at, translation->walk.entry[i].value);
	if (ret == 0 && has_device && translation->agree && !translation->end.errnum)
		cli_say(cli, "processors and devices come to the same place");
	return ret;
}

static int run_translate(const struct cli *cli, const void *values, char *const *args, size_t count, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	char device[PCI_ADDR_TEXT_SIZE];
	struct translate_request request;
	struct translation translation;
	struct guest_info info;
	int ret = sysroot_open(&root, cli->sysroot, err);

	(void)count;
	if (ret == 0)
		ret = guest_read(&root, args[NAME], &info, err);
	if (ret == 0)
		ret = guest_reachable(&root, err);
	if (ret == 0)
		ret = read_request(&root, &info, values, args[ADDRESS], device, &request, err);
	if (ret == 0)
		ret = guest_translate(&root, &info, &request, &translation, err);
	if (ret < 0)
		return ret;
	ret = cli->json ? print_json(cli, &info, &translation, err) : print_text(cli, &translation, err);
	if (ret < 0)
		return ret;
	if (!translation.agree) {
		fail_code(err, CODE_MAPS_DISAGREE, EXDEV,
			"processors and devices of guest '%s' do not come to the same place", info.name);
		return fail_hint(err, "`sluice verify %s` compares all of its memory", info.name);
	}
	if (!translation.end.errnum)
		return 0;
	if (err)
		*err = translation.end;
	return -translation.end.errnum;
}

static const char *const details[] = {
	"The way of one address: by the guest's own page tables to a guest-physical address, by a memory slot to one "
	"of "
	"sluice-vmm, by /proc/PID/pagemap to this machine's memory; and the way of the guest's devices there, by the "
	"DMA "
	"map and, where the kernel shows them (Intel, in debugfs), the IOMMU's real tables.",
	"ADDRESS is a virtual address of the guest's kernel or of what runs on that vCPU, unless --gpa or --iova say "
	"otherwise. The vCPUs stand still while the tables are walked. Exit status 1 where it leads nowhere, 5 where "
	"processors and "
	"devices disagree.",
	NULL,
};

static const char *const examples[] = {
	"sluice translate web1 0xffffffff81000000",
	"sluice translate web1 0x100000 --gpa",
	"sluice translate web1 0x7f000 --iova eth0/1 --json",
	NULL,
};

const struct command cmd_translate = {
	.name = "translate",
	.summary = "follow one address of a guest to this machine's memory",
	.arguments = "NAME ADDRESS",
	.min_args = ARGUMENTS,
	.max_args = ARGUMENTS,
	.options = option_rows,
	.options_size = sizeof(struct translate_options),
	.columns = columns,
	.details = details,
	.examples = examples,
	.run = run_translate,
};
