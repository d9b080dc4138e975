// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A user's rules over our tables; see vfio_face.h and wire/rule.h. What no rule may open has been refused by what it
 * is; here it is refused by where it lies in this device: a register inside of a capability is that capability's.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "passthrough/vfio_face.h"

enum {
	CAP_HEADER = 2,
	EXT_CAP_HEADER = 4,
	EXT_FIRST = 0x100,
};

void face_note(struct face *face, unsigned int offset, unsigned int size, const char *name, const char *why)
{
	struct vfio_config_rows *rows = &face->caps->rows;

	if (rows->count < VFIO_CONFIG_ROW_MAX)
		rows->row[rows->count++] = (struct vfio_config_row){ (uint16_t)offset, (uint8_t)size, name, why };
}

uint32_t face_read(const struct face *face, unsigned int at, unsigned int size)
{
	if (at + size <= STD_SIZE)
		return snapshot_get(&face->found, at, size);
	return vfio_device_read_config(face->found.device, at, size);
}

uint8_t face_rule(const struct face *face, uint8_t what, uint16_t id)
{
	uint8_t action = 0;

	for (size_t i = 0; face->rules && i < face->rules->count; i++)
		if (face->rules->rule[i].what == what && face->rules->rule[i].where == id)
			action = face->rules->rule[i].action;
	return action;
}

void face_add_cap(struct face *face, struct face_cap cap)
{
	if (face->cap_count < FACE_CAP_MAX)
		face->cap[face->cap_count++] = cap;
	else
		face->caps_left_out = true;
}

/* Where a capability ends: by its own length, or where the next one begins. */
static unsigned int end_of(const struct face *face, const struct face_cap *cap)
{
	unsigned int end = cap->extended ? PCI_CONFIG_SIZE : STD_SIZE;

	if (cap->size && cap->at + cap->size <= end)
		return cap->at + cap->size;
	for (size_t i = 0; i < face->cap_count; i++)
		if (face->cap[i].at > cap->at && face->cap[i].at < end)
			end = face->cap[i].at;
	return end;
}

static const struct face_cap *owner_of(const struct face *face, unsigned int at)
{
	for (size_t i = 0; i < face->cap_count; i++)
		if (at >= face->cap[i].at && at < end_of(face, &face->cap[i]))
			return &face->cap[i];
	return NULL;
}

static void open_byte(struct face *face, unsigned int at, uint8_t action)
{
	if (action == RULE_HIDE)
		pci_config_set(face->config, at, 1, 0, 0);
	else
		pci_config_pass(face->config, at, 1, 0xff, action == RULE_PASS ? 0xff : 0);
}

/* All that it holds but for its head, which makes the chain. */
static void open_cap(struct face *face, const struct face_cap *cap)
{
	unsigned int end = end_of(face, cap);

	for (unsigned int at = cap->at + (cap->extended ? EXT_CAP_HEADER : CAP_HEADER); at < end; at++)
		if (at >= STD_SIZE || !face->taken[at])
			open_byte(face, at, cap->action);
}

static const char *const register_why[RULE_ACTION_END] = {
	[RULE_HIDE] = "hidden by a rule of the user's",
	[RULE_SHOW] = "read from the device, by a rule of the user's",
	[RULE_PASS] = "read and written on the device, by a rule of the user's",
};

static int refuse(const struct face *face, const struct config_rule *rule, struct error *err, const char *why)
{
	fail_code(err, CODE_USAGE, EPERM, "%s: the rule in line %u is refused: 0x%x is %s", face->found.device->name,
		rule->line, rule->where, why);
	return fail_hint(err, "a register can be ruled on where it is in no capability, or in a vendor's own");
}

static int open_register(struct face *face, const struct config_rule *rule, struct error *err)
{
	for (unsigned int at = rule->where; at < rule->where + rule->size; at++) {
		const struct face_cap *owner = owner_of(face, at);
		unsigned int head = owner ? owner->at + (owner->extended ? EXT_CAP_HEADER : CAP_HEADER) : 0;

		if (at >= face->found.device->config.size)
			return refuse(face, rule, err, "beyond the device's configuration space");
		/* The chain of extended capabilities begins there, also when it is empty. */
		if (at >= EXT_FIRST && at < EXT_FIRST + EXT_CAP_HEADER)
			return refuse(face, rule, err, "where the chain of extended capabilities begins");
		if (owner && (!owner->vendors || at < head))
			return refuse(face, rule, err, "a register of a capability");
		open_byte(face, at, rule->action);
	}
	face_note(face, rule->where, rule->size, "by rule", register_why[rule->action]);
	return 0;
}

int face_apply_rules(struct face *face, struct error *err)
{
	if (!face->rules || !face->rules->count)
		return 0;
	if (face->caps_left_out)
		return fail_code(err, CODE_USAGE, E2BIG,
			"%s: it has more than %d capabilities, too many to apply rules to", face->found.device->name,
			FACE_CAP_MAX);
	for (size_t i = 0; i < face->cap_count; i++)
		if (face->cap[i].action)
			open_cap(face, &face->cap[i]);
	for (size_t i = 0; i < face->rules->count; i++) {
		const struct config_rule *rule = &face->rules->rule[i];
		int ret = rule->what == RULE_REGISTER ? open_register(face, rule, err) : 0;

		if (ret)
			return ret;
	}
	return 0;
}
