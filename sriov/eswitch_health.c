// SPDX-License-Identifier: GPL-2.0-or-later
/* Judgements about an eswitch, a function each; see eswitch_health.h. */
#include "sriov/eswitch_health.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "sriov/eswitch_note.h"

static bool is_switchdev(const struct eswitch *now)
{
	return now->is.mode == ESWITCH_SWITCHDEV || now->is.mode == ESWITCH_SWITCHDEV_INACTIVE;
}

static int judge_offload(const struct sysroot *root, const struct eswitch *now, struct eswitch_trouble *ret_trouble)
{
	(void)root;
	if (!is_switchdev(now) || now->tc_offload < 0)
		return -1;
	if (now->tc_offload)
		return 0;
	snprintf(ret_trouble->summary, sizeof(ret_trouble->summary),
		"in switchdev mode, and rules of traffic control stay in this host's processor");
	snprintf(ret_trouble->evidence, sizeof(ret_trouble->evidence), "hw-tc-offload of %s: off", now->netdev);
	snprintf(ret_trouble->fix, sizeof(ret_trouble->fix), "ethtool -K %s hw-tc-offload on", now->netdev);
	return 1;
}

/* A VF without driver is nobody's yet: its representor may wait. */
static int judge_representors(
	const struct sysroot *root, const struct eswitch *now, struct eswitch_trouble *ret_trouble)
{
	const struct representor *first = NULL;
	unsigned int down = 0, used = 0;

	(void)root;
	for (unsigned int i = 0; is_switchdev(now) && i < now->vf_count; i++) {
		const struct representor *one = eswitch_vf_representor(now, i);

		if (!now->vfs[i].driver[0] || !one || one->up < 0)
			continue;
		used++;
		down += !one->up;
		first = first || one->up ? first : one;
	}
	if (!first)
		return used ? 0 : -1;
	snprintf(ret_trouble->summary, sizeof(ret_trouble->summary),
		"%u of %u VFs that have a driver have a representor that is down, and so no link", down, used);
	snprintf(ret_trouble->evidence, sizeof(ret_trouble->evidence), "/sys/class/net/%s/flags (%s): down",
		first->netdev, first->port_name);
	snprintf(ret_trouble->fix, sizeof(ret_trouble->fix), "ip link set %s up", first->netdev);
	return 1;
}

static void say_note(const struct eswitch *now, int mode, struct eswitch_trouble *ret_trouble)
{
	char handle[DEVLINK_HANDLE_TEXT_SIZE];

	snprintf(ret_trouble->evidence, sizeof(ret_trouble->evidence), "/run/sluice/eswitch/%s@%s; mode now: %s",
		now->handle.bus, now->handle.name, eswitch_mode_name(now->is.mode));
	snprintf(ret_trouble->fix, sizeof(ret_trouble->fix), "sluice eswitch set %s mode=%s",
		devlink_handle_text(&now->handle, handle), eswitch_mode_name(mode));
}

static int judge_lost(const struct sysroot *root, const struct eswitch *now, struct eswitch_trouble *ret_trouble)
{
	struct eswitch_note note;

	if (!eswitch_note_read(root, &now->handle, &note) || note.changing || note.mode == DEVLINK_UNKNOWN)
		return -1;
	if (note.mode == now->is.mode)
		return 0;
	snprintf(ret_trouble->summary, sizeof(ret_trouble->summary),
		"sluice put it into mode %s, and it is in %s: its driver was loaded anew, or somebody else changed it",
		eswitch_mode_name(note.mode), eswitch_mode_name(now->is.mode));
	say_note(now, note.mode, ret_trouble);
	return 1;
}

static int judge_left(const struct sysroot *root, const struct eswitch *now, struct eswitch_trouble *ret_trouble)
{
	struct eswitch_note note;

	if (!eswitch_note_read(root, &now->handle, &note))
		return -1;
	if (!note.changing)
		return 0;
	snprintf(ret_trouble->summary, sizeof(ret_trouble->summary),
		"a change from mode %s was cut off; it had, or was to have, %u VFs, and has %u",
		eswitch_mode_name(note.was.mode), note.vfs, now->vf_count);
	say_note(now, note.was.mode, ret_trouble);
	return 1;
}

static const struct {
	enum code code;
	int (*judge)(const struct sysroot *root, const struct eswitch *now, struct eswitch_trouble *ret_trouble);
} judges[] = {
	{ CODE_ESWITCH_NO_OFFLOAD, judge_offload },
	{ CODE_REPRESENTOR_DOWN, judge_representors },
	{ CODE_ESWITCH_LOST, judge_lost },
	{ CODE_ESWITCH_LEFT, judge_left },
};

int eswitch_health(
	const struct sysroot *root, const struct eswitch *now, enum code code, struct eswitch_trouble *ret_trouble)
{
	for (size_t i = 0; i < array_size(judges); i++)
		if (judges[i].code == code)
			return judges[i].judge(root, now, ret_trouble);
	return -1;
}
