// SPDX-License-Identifier: GPL-2.0-or-later
/* Desired state to single wishes; see wish.h. What the host section says is wish_host.c's. */
#include "plan/wish.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pci/identity.h"
#include "plan/kind.h"
#include "plan/resolve.h"
#include "plan/wish_host.h"
#include "sriov/vf_mac.h"
#include "sriov/vf_text.h"

/* What the wishes of one desired state share. */
struct wishing {
	const struct desired *desired;
	struct look *look;
	struct step_list *wishes;
};

static int add(struct wishing *self, const struct kind *kind, const char *target, const char *state, struct place at,
	struct error *err)
{
	char why[STEP_WHY_SIZE];

	return step_list_add(
		self->wishes, kind, target, "", state, place_text(self->desired->sources, at, why, sizeof(why)), err);
}

static int add_driver(struct wishing *self, const char *target, const struct desired_driver *driver, struct error *err)
{
	if (driver->kind == DESIRED_DRIVER_UNSET)
		return 0;
	return add(self, &kind_driver, target, desired_driver_name(driver), driver->at, err);
}

/* An address of its own, which the card's own number and the VF's make: known here, where the card is. */
static int make_stable_mac(struct wishing *self, const struct pci_device *pf, unsigned int index,
	const struct desired_vf *vf, struct vf_settings *settings, struct error *err)
{
	const struct host *host = self->look->host;

	if (settings->mac_from != VF_MAC_STABLE)
		return 0;
	if (vf_mac_stable(&host->root, &host->pci, pf, index, &settings->mac) < 0) {
		desired_fail(self->desired, vf->at, err, CODE_CONFIG, ENODATA,
			"VF %u: the card has no number of its own to make a stable MAC of", index);
		return fail_hint(err, "say the address");
	}
	settings->mac_from = VF_MAC_SAID;
	settings->has_mac = true;
	return 0;
}

static int add_vf(struct wishing *self, const struct pci_device *pf, unsigned int index, const struct desired_vf *vf,
	struct error *err)
{
	char target[STEP_TARGET_SIZE], text[VF_TEXT_SIZE];
	struct vf_settings settings = vf->set;
	int ret = make_stable_mac(self, pf, index, vf, &settings, err);

	if (ret < 0)
		return ret;
	settings.has_stats = false;
	look_vf_name(pf->addr, index, target, sizeof(target));
	vf_settings_to_text(&settings, text, sizeof(text));
	if (text[0])
		ret = add(self, &kind_vf, target, text, vf->at, err);
	return ret < 0 ? ret : add_driver(self, target, &vf->driver, err);
}

static int check_room(
	struct wishing *self, const struct desired_pf *wanted, const struct pci_device *pf, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(pf->addr, name);
	if (!pf->sriov.capable) {
		desired_fail(self->desired, wanted->at, err, CODE_NOT_A_PF, ENODEV,
			"%s cannot be split: it has no SR-IOV capability", name);
		return fail_hint(err, "`sluice vf list` shows the devices that can");
	}
	if (wanted->count <= pf->sriov.total_vfs)
		return 0;
	desired_fail(self->desired, wanted->count_at, err, CODE_VF_TOO_MANY, ERANGE, "%s offers %u VFs at the most",
		name, pf->sriov.total_vfs);
	return fail_hint(err, "say 0 to %u", pf->sriov.total_vfs);
}

static int add_pf(struct wishing *self, const struct desired_pf *wanted, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE], count[16];
	const struct pci_device *pf;
	int ret = resolve_alias(self->desired, wanted->alias, self->look->host, &pf, err);

	if (ret < 0)
		return ret;
	ret = check_room(self, wanted, pf, err);
	if (ret < 0)
		return ret;
	snprintf(count, sizeof(count), "%u", wanted->count);
	ret = add(self, &kind_vfs, pci_addr_text(pf->addr, name), count, wanted->count_at, err);
	for (unsigned int i = 0; !ret && i < wanted->count; i++)
		ret = add_vf(self, pf, i, &wanted->vf[i], err);
	return ret;
}

static int add_user(struct wishing *self, const char *target, const struct desired_binding *binding, struct error *err)
{
	const struct passwd *entry = getpwnam(binding->user);
	char uid[16];

	if (!entry)
		return desired_fail(self->desired, binding->user_at, err, CODE_USAGE, EINVAL, "there is no user '%s'",
			binding->user);
	snprintf(uid, sizeof(uid), "%u", entry->pw_uid);
	return add(self, &kind_user, target, uid, binding->user_at, err);
}

/* What has to sit at the device's place at the next boot, and what it then waits for. */
static int add_early(
	struct wishing *self, const struct pci_device *device, const struct desired_binding *binding, struct error *err)
{
	char place[STEP_TARGET_SIZE], state[96];
	struct pci_identity identity;
	const char *driver = desired_driver_name(&binding->driver);
	int length;

	pci_identity_read(&self->look->host->root, &self->look->host->pci, device, false, &identity);
	if (!identity.path[0] || !text_copy(place, sizeof(place), identity.path))
		return desired_fail(self->desired, binding->at, err, CODE_FAILED, ENODEV,
			"sysfs does not say where the device sits, so that it cannot be kept from its driver early");
	length = snprintf(state, sizeof(state), "%04x:%04x:%04x:%04x %s", identity.vendor_id, identity.device_id,
		identity.subsystem_vendor_id, identity.subsystem_id, !strcmp(driver, "vfio") ? "vfio-pci" : driver);
	if (length < 0 || (size_t)length >= sizeof(state))
		return desired_fail(self->desired, binding->at, err, CODE_USAGE, E2BIG, "a driver's name is shorter");
	return add(self, &kind_early, place, state, binding->at, err);
}

/* What is kept from its driver early is not taken from that driver while it runs: it may be what cannot be done. */
static bool waits_for_boot(const struct desired_binding *binding, const struct pci_device *device)
{
	return binding->early && device->driver[0] &&
	       !kind_fits(&kind_driver, desired_driver_name(&binding->driver), device->driver);
}

static int add_binding(struct wishing *self, const struct desired_binding *binding, struct error *err)
{
	char target[STEP_TARGET_SIZE];
	const struct pci_device *device;
	int ret = resolve_alias(self->desired, binding->device.alias, self->look->host, &device, err);

	if (ret < 0)
		return ret;
	if (binding->device.first >= 0)
		look_vf_name(device->addr, (unsigned int)binding->device.first, target, sizeof(target));
	else
		pci_addr_text(device->addr, target);
	if (binding->early)
		ret = add_early(self, device, binding, err);
	if (ret < 0 || waits_for_boot(binding, device))
		return ret;
	ret = add_driver(self, target, &binding->driver, err);
	return ret < 0 || !binding->user ? ret : add_user(self, target, binding, err);
}

static int add_all(struct wishing *self, const struct step_list *found, struct error *err)
{
	int ret = wishes_of_host(self->desired, self->look, found, self->wishes, err);

	for (size_t i = 0; !ret && i < self->desired->pf_count; i++)
		ret = add_pf(self, &self->desired->pf[i], err);
	for (size_t i = 0; !ret && i < self->desired->binding_count; i++)
		ret = add_binding(self, &self->desired->binding[i], err);
	return ret;
}

int wishes_make(const struct desired *desired, struct look *look, const struct step_list *found,
	struct step_list *ret_wishes, struct error *err)
{
	struct step_list wishes = { 0 };
	struct wishing self = { .desired = desired, .look = look, .wishes = &wishes };
	int ret = add_all(&self, found, err);

	if (ret < 0) {
		step_list_done(&wishes);
		return ret;
	}
	*ret_wishes = wishes;
	return 0;
}
