// SPDX-License-Identifier: GPL-2.0-or-later
/* Guests of the desired state for guest/; see guest_spec.h. */
#include "plan/guest_spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "plan/kind.h"
#include "plan/resolve.h"
#include "plan/wish.h"

enum {
	NAME_SIZE = STEP_TARGET_SIZE,
};

static const enum restart_when restarts[] = {
	[DESIRED_RESTART_NEVER] = RESTART_NEVER,
	[DESIRED_RESTART_ON_FAILURE] = RESTART_ON_FAILURE,
	[DESIRED_RESTART_ALWAYS] = RESTART_ALWAYS,
};

/* Devices ---------------------------------------------------------------------------------------------------------- */

/* An address, or PF/INDEX: what device_pick() understands, by no name that another card could have. */
static int name_of(const struct desired *desired, const struct desired_ref *ref, int index, const struct host *host,
	char name[static NAME_SIZE], struct error *err)
{
	const struct pci_device *device;
	int ret = resolve_alias(desired, ref->alias, host, &device, err);

	if (ret < 0)
		return ret;
	if (index < 0)
		pci_addr_text(device->addr, name);
	else
		look_vf_name(device->addr, (unsigned int)index, name, NAME_SIZE);
	return 0;
}

/* What each device of a reference is called: of a PF's VFs all that it means. between: what stands before the next. */
static int add_names(const struct desired *desired, const struct desired_ref *ref, const struct host *host, FILE *out,
	char *between, struct error *err)
{
	int last = ref->first < 0 ? 0 : ref->last;
	int ret = 0;

	for (int i = ref->first < 0 ? 0 : ref->first; !ret && i <= last; i++) {
		char name[NAME_SIZE];

		ret = name_of(desired, ref, ref->first < 0 ? -1 : i, host, name, err);
		if (!ret)
			fprintf(out, "%c%s", *between, name);
		*between = ',';
	}
	return ret;
}

static int name_pool(const struct desired *desired, const struct desired_pool *pool, const struct host *host,
	char **ret_text, struct error *err)
{
	cleanup_free char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	char between = ':';
	int ret = 0;

	if (!out)
		return fail(err, ENOMEM, "list pool '%s'", pool->name);
	fputs("first", out);
	for (size_t i = 0; !ret && i < pool->member_count; i++)
		ret = add_names(desired, &pool->member[i], host, out, &between, err);
	if (fclose(out) && !ret)
		ret = fail(err, ENOMEM, "list pool '%s'", pool->name);
	if (!ret)
		*ret_text = take_ptr(text);
	return ret;
}

static int add_device(const struct desired *desired, const struct desired_guest_device *device, const struct host *host,
	struct guest_plan *plan, struct error *err)
{
	size_t i = plan->spec.device_count;
	char name[NAME_SIZE];
	int ret;

	if (device->from_pool) {
		ret = name_pool(desired, &desired->pool[device->pool], host, &plan->device[i], err);
	} else {
		ret = name_of(desired, &device->device, device->device.first, host, name, err);
		plan->device[i] = ret < 0 ? NULL : strdup(name);
	}
	if (ret < 0)
		return ret;
	if (!plan->device[i])
		return fail(err, ENOMEM, "name a guest's devices");
	plan->spec.device_name[i] = plan->device[i];
	plan->spec.rom_file[i] = device->rom;
	plan->spec.rom_off[i] = device->rom_off;
	plan->spec.device_no_reset_ok[i] = device->allow_no_reset;
	plan->spec.device_unclean_ok[i] = device->allow_unclean;
	plan->spec.device_count++;
	return 0;
}

static void add_virtio(const struct desired_guest *guest, struct guest_spec *spec)
{
	for (size_t i = 0; i < guest->disk_count; i++)
		spec->disk[spec->disk_count++] = guest->disk[i].disk;
	for (size_t i = 0; i < guest->net_count; i++)
		spec->net[spec->net_count++] = guest->net[i].net;
	spec->rng = guest->rng;
}

int guest_plan_make(const struct desired *desired, const struct desired_guest *guest, const struct host *host,
	struct guest_plan *ret_plan, struct error *err)
{
	int ret = 0;

	*ret_plan = (struct guest_plan){
		.spec = {
			.kernel = guest->kernel,
			.initrd = guest->initrd,
			.cmdline = guest->cmdline ? guest->cmdline : "console=ttyS0",
			.memory_bytes = guest->memory_bytes,
			.page_bytes = guest->page_bytes,
			.cpus = guest->cpus,
			.free_ports = guest->free_ports,
			.backend = (enum vfio_choice)guest->backend,
			.vf_token = guest->vf_token,
			.unsafe_interrupts_ok = guest->unsafe_interrupts_ok,
			.console_socket = true,
			.console_in = -1,
			.console_out = -1,
		},
		.restart = {
			.when = restarts[guest->restart],
			.delay_seconds = guest->restart_delay_seconds,
			.limit = guest->restart_limit,
		},
	};
	text_copy(ret_plan->spec.name, sizeof(ret_plan->spec.name), guest->name);
	add_virtio(guest, &ret_plan->spec);
	for (size_t i = 0; !ret && i < guest->device_count; i++)
		ret = add_device(desired, &guest->device[i], host, ret_plan, err);
	if (!ret && guest->rules) {
		ret = guest_rules_read(guest->rules, &ret_plan->rules, err);
		ret_plan->spec.rules = &ret_plan->rules;
	}
	return ret < 0 ? fail_in(err, "guest '%s'", guest->name) : 0;
}

void guest_plan_done(struct guest_plan *plan)
{
	for (size_t i = 0; i < array_size(plan->device); i++)
		free(plan->device[i]);
	guest_rules_done(&plan->rules);
	*plan = (struct guest_plan){ .restart = { .when = RESTART_NEVER } };
}

/* The host --------------------------------------------------------------------------------------------------------- */

static bool has_ref(const struct desired_ref *ref, size_t alias, int index)
{
	if (ref->alias != alias)
		return false;
	return index < 0 || (ref->first >= 0 && index >= ref->first && index <= ref->last);
}

/* May the guest get this VF of the alias (index -1: any of it)? */
static bool may_have(const struct desired *desired, const struct desired_guest *guest, size_t alias, int index)
{
	for (size_t i = 0; i < guest->device_count; i++) {
		const struct desired_guest_device *device = &guest->device[i];
		const struct desired_pool *pool = device->from_pool ? &desired->pool[device->pool] : NULL;

		if (!pool && has_ref(&device->device, alias, index))
			return true;
		for (size_t j = 0; pool && j < pool->member_count; j++)
			if (has_ref(&pool->member[j], alias, index))
				return true;
	}
	return false;
}

static int unprepared(const struct desired_guest *guest, const struct step *wish, const char *state, struct error *err)
{
	char what[STEP_TARGET_SIZE + 64];

	fail_code(err, CODE_GUEST_UNPREPARED, ENODEV, "guest '%s': %s: '%.100s' now, and '%.100s' in the file (%.120s)",
		guest->name, kind_describe(wish->kind, wish->target, what, sizeof(what)), state, wish->to, wish->why);
	return fail_hint(err, "'sluice plan' shows what is to be done, 'sluice apply' does it");
}

/* Of VFs that it cannot get, only their number matters: it decides whether the others are there. */
static bool matters(const struct desired *desired, const struct desired_guest *guest, const struct desired_pf *pf,
	const struct step *wish)
{
	struct pci_addr addr;
	unsigned int index;

	if (wish->kind == &kind_vfs)
		return true;
	return wish->kind == &kind_vf && !look_parse_vf(wish->target, &addr, &index) &&
	       may_have(desired, guest, pf->alias, (int)index);
}

static int check_wish(const struct desired_guest *guest, struct look *look, const struct step *wish, struct error *err)
{
	char state[WORDS_SIZE], part[WORDS_SIZE];

	if (wish->kind->look(look, wish->target, state, NULL) < 0)
		return unprepared(guest, wish, "not there", err);
	if (kind_fits(wish->kind, wish->to, state))
		return 0;
	return unprepared(
		guest, wish, wish->kind->part ? wish->kind->part(state, wish->to, part, sizeof(part)) : state, err);
}

/* The wishes of one card alone: what else the files say is no reason to keep a guest down. */
static int check_pf(const struct desired *desired, const struct desired_guest *guest, const struct desired_pf *pf,
	struct look *look, const struct step_list *found, struct error *err)
{
	cleanup(step_list_done) struct step_list wishes = { 0 };
	struct desired part = *desired;
	int ret;

	part.host = (struct desired_host){ .iommu = DESIRED_IOMMU_UNSET };
	part.binding_count = 0;
	part.guest_count = 0;
	part.pf = (struct desired_pf *)pf;
	part.pf_count = 1;
	ret = wishes_make(&part, look, found, &wishes, err);
	for (size_t i = 0; !ret && i < wishes.count; i++)
		if (matters(desired, guest, pf, &wishes.step[i]))
			ret = check_wish(guest, look, &wishes.step[i], err);
	return ret;
}

int guest_plan_check_host(const struct desired *desired, const struct desired_guest *guest, const struct host *host,
	const struct step_list *found, struct error *err)
{
	cleanup(look_end) struct look look;
	int ret = 0;

	look_begin(&look, host);
	for (size_t i = 0; !ret && i < desired->pf_count; i++)
		if (may_have(desired, guest, desired->pf[i].alias, -1))
			ret = check_pf(desired, guest, &desired->pf[i], &look, found, err);
	return ret;
}
