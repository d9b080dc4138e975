// SPDX-License-Identifier: GPL-2.0-or-later
/* Settings of VFs to text and back; see vf_text.h. */
#include "sriov/vf_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define STATS "stats="

/* Adds " KEY=VALUE" when there is a value. */
__attribute__((format(printf, 4, 5))) static void put(char *buf, size_t size, bool there, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list args;

	if (!there || used + 2 >= size)
		return;
	if (used)
		buf[used++] = ' ';
	va_start(args, fmt);
	vsnprintf(buf + used, size - used, fmt, args);
	va_end(args);
}

static void put_guid(char *buf, size_t size, bool there, const char *key, uint64_t guid)
{
	char text[32] = "";

	for (int shift = 56; shift >= 0; shift -= 8)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%02x", shift < 56 ? ":" : "",
			(unsigned int)(guid >> shift & 0xff));
	put(buf, size, there, "%s=%s", key, text);
}

const char *vf_settings_to_text(const struct vf_settings *settings, char *buf, size_t size)
{
	static const char *const states[] = { "auto", "enable", "disable" };
	const struct vf_stats *stats = &settings->stats;
	char mac[MAC_TEXT_SIZE];
	bool has_state = settings->link_state >= 0 && settings->link_state < (int)array_size(states);

	buf[0] = '\0';
	put(buf, size, settings->has_mac, "mac=%s", mac_to_text(&settings->mac, mac));
	put(buf, size, settings->vlan >= 0, "vlan=%" PRId64, settings->vlan);
	put(buf, size, settings->qos >= 0, "qos=%" PRId64, settings->qos);
	put(buf, size, settings->vlan_proto >= 0, "vlan_proto=0x%04x", (unsigned int)settings->vlan_proto);
	put(buf, size, settings->min_tx_rate >= 0, "min_tx_rate=%" PRId64, settings->min_tx_rate);
	put(buf, size, settings->max_tx_rate >= 0, "max_tx_rate=%" PRId64, settings->max_tx_rate);
	put(buf, size, settings->spoofchk >= 0, "spoofchk=%d", settings->spoofchk);
	put(buf, size, settings->trust >= 0, "trust=%d", settings->trust);
	put(buf, size, settings->query_rss >= 0, "query_rss=%d", settings->query_rss);
	put(buf, size, has_state, "link_state=%s", has_state ? states[settings->link_state] : "");
	put_guid(buf, size, settings->has_node_guid, "node_guid", settings->node_guid);
	put_guid(buf, size, settings->has_port_guid, "port_guid", settings->port_guid);
	put(buf, size, settings->has_stats,
		STATS "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, stats->rx_packets,
		stats->tx_packets, stats->rx_bytes, stats->tx_bytes, stats->rx_dropped, stats->tx_dropped);
	return buf;
}

static int take_stats(const char *text, struct vf_settings *settings)
{
	struct vf_stats *stats = &settings->stats;

	settings->has_stats = sscanf(text, "%" SCNu64 ",%" SCNu64 ",%" SCNu64 ",%" SCNu64 ",%" SCNu64 ",%" SCNu64,
				      &stats->rx_packets, &stats->tx_packets, &stats->rx_bytes, &stats->tx_bytes,
				      &stats->rx_dropped, &stats->tx_dropped) == 6;
	return settings->has_stats ? 0 : -EINVAL;
}

int vf_settings_from_text(const char *text, struct vf_settings *ret_settings)
{
	struct vf_settings settings;
	char copy[VF_TEXT_SIZE];
	char *rest = copy;
	char *word;

	vf_settings_init(&settings);
	if (!text_copy(copy, sizeof(copy), text))
		return -EINVAL;
	while ((word = strsep(&rest, " "))) {
		int ret = 0;

		if (text_starts_with(word, STATS))
			ret = take_stats(word + strlen(STATS), &settings);
		else if (*word)
			ret = vf_settings_parse(&settings, word, NULL);
		if (ret < 0)
			return ret;
	}
	*ret_settings = settings;
	return 0;
}

int vf_settings_look_at(const struct sysroot *root, const char *ifname, unsigned int index,
	struct vf_settings *ret_settings, struct error *err)
{
	char key[64], text[VF_TEXT_SIZE];

	if (!root->captured)
		return vf_settings_read(ifname, index, ret_settings, err);
	snprintf(key, sizeof(key), "%s/%u", ifname, index);
	if (sysroot_read_answer(root, "vf_settings", key, text, sizeof(text)) < 0 ||
		vf_settings_from_text(text, ret_settings) < 0)
		return fail_code(err, CODE_FAILED, ENODATA, "the settings of VFs were not captured");
	return 0;
}

int vf_settings_look(
	const struct sysroot *root, const char *ifname, struct vf_settings *ret_settings, size_t max, size_t *ret_count)
{
	size_t count = 0;

	if (!root->captured)
		return vf_settings_read_all(ifname, ret_settings, max, ret_count, NULL);
	while (count < max && !vf_settings_look_at(root, ifname, (unsigned int)count, &ret_settings[count], NULL))
		count++;
	*ret_count = count;
	return 0;
}
