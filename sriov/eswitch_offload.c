// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ETHTOOL_GSTRINGS, ETHTOOL_GFEATURES and ETHTOOL_SFEATURES (include/uapi/linux/ethtool.h): features have numbers that
 * differ between kernels, and names that do not.
 */
#include "sriov/eswitch_offload.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/text.h"

enum {
	FEATURES_MAX = 256,
	WORDS_MAX = FEATURES_MAX / 32,
};

static const char feature_name[] = "hw-tc-offload";

static int ask(const char *netdev, void *data)
{
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_data = data };

	if (fd < 0 || !text_copy(request.ifr_name, sizeof(request.ifr_name), netdev))
		return -ENODEV;
	return ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

/* How many features this kernel names, at most FEATURES_MAX. */
static int count_features(const char *netdev)
{
	struct {
		struct ethtool_sset_info head;
		uint32_t count;
	} info = { .head = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_FEATURES } };
	int ret = ask(netdev, &info);

	if (ret < 0)
		return ret;
	return info.head.sset_mask && info.count <= FEATURES_MAX ? (int)info.count : -EOPNOTSUPP;
}

/* The number of the feature, and of words that all of them fill. */
static int find_feature(const char *netdev, uint32_t *ret_words)
{
	int count = count_features(netdev);
	cleanup_free struct ethtool_gstrings *names = calloc(1, sizeof(*names) + FEATURES_MAX * ETH_GSTRING_LEN);
	int ret;

	if (count < 0 || !names)
		return count < 0 ? count : -ENOMEM;
	*names = (struct ethtool_gstrings){
		.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES, .len = (uint32_t)count
	};
	ret = ask(netdev, names);
	for (int i = 0; !ret && i < count; i++)
		if (!strncmp((const char *)names->data + i * ETH_GSTRING_LEN, feature_name, ETH_GSTRING_LEN)) {
			*ret_words = ((uint32_t)count + 31) / 32;
			return i;
		}
	return ret < 0 ? ret : -EOPNOTSUPP;
}

struct features {
	struct ethtool_gfeatures head;
	struct ethtool_get_features_block block[WORDS_MAX];
};

static bool is_this_host(const struct sysroot *root)
{
	return !root->captured && !root->path[0];
}

int eswitch_offload_read(const struct sysroot *root, const char *netdev)
{
	struct features features = { .head = { .cmd = ETHTOOL_GFEATURES } };
	const struct ethtool_get_features_block *block;
	uint32_t bit;
	int number;

	if (!is_this_host(root) || !netdev[0])
		return -1;
	number = find_feature(netdev, &features.head.size);
	if (number < 0 || ask(netdev, &features) < 0)
		return -1;
	block = &features.block[number / 32];
	bit = 1u << number % 32;
	return !(block->available & bit) && !(block->active & bit) ? -1 : !!(block->active & bit);
}

int eswitch_offload_write(const struct sysroot *root, const char *netdev, bool on)
{
	struct {
		struct ethtool_sfeatures head;
		struct ethtool_set_features_block block[WORDS_MAX];
	} change = { .head = { .cmd = ETHTOOL_SFEATURES } };
	int number, ret;

	if (!is_this_host(root))
		return -EROFS;
	number = find_feature(netdev, &change.head.size);
	if (number < 0)
		return number;
	change.block[number / 32].valid = 1u << number % 32;
	change.block[number / 32].requested = on ? 1u << number % 32 : 0;
	ret = ask(netdev, &change);
	if (ret < 0)
		return ret;
	return eswitch_offload_read(root, netdev) == on ? 0 : -EOPNOTSUPP;
}
