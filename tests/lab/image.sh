# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced, for building initramfs images: the lab's host (tests/lab/lab) and the test guest (tests/guest/build).
# Nothing is compressed: unpacking costs an emulated CPU more than QEMU's copying costs a real one.

# image_program DIR PROGRAM…: copy programs of this machine, with the shared libraries they need; all below /usr, as
# the kernel would take a folder /lib for a replacement of the link that image_tree made.
image_program() {
	local dir=$1 program path library target
	shift
	for program; do
		path=$(command -v "$program" || PATH=/usr/sbin:/sbin command -v "$program")
		path=$(readlink -f "$path")
		[ -e "$dir/usr/bin/${program##*/}" ] || install -D -m 755 "$path" "$dir/usr/bin/${program##*/}"
		for library in $(ldd "$path" 2>/dev/null | grep -oE '/[^ )]+'); do
			case $library in /usr/*) target=$dir$library ;; *) target=$dir/usr$library ;; esac
			[ -e "$target" ] || install -D -m 755 "$library" "$target"
		done
	done
}

# image_library DIR NAME…: copy libraries that programs load by name, with what those need.
image_library() {
	local dir=$1 name path library
	shift
	for name; do
		path=$(ldconfig -p 2>/dev/null || /sbin/ldconfig -p)
		path=$(awk -v name="$name" '$1 == name && /x86-64/ { print $NF; exit }' <<<"$path")
		for library in $path $(ldd "$path" | grep -oE '/[^ )]+'); do
			[ -e "$dir/usr/${library#/usr/}" ] || install -D -m 755 "$library" "$dir/usr/${library#/usr/}"
		done
	done
}

# image_busybox DIR: the static busybox, with links for the applets that DIR has no program of its own for.
image_busybox() {
	local dir=$1 applet

	install -D -m 755 "$(command -v busybox)" "$dir/usr/bin/busybox"
	for applet in $(busybox --list); do
		[ -e "$dir/usr/bin/$applet" ] || ln -s busybox "$dir/usr/bin/$applet"
	done
}

# image_tree DIR: the empty folders of a root, with /bin and the like where Debian has them.
image_tree() {
	mkdir -p "$1"/{dev,proc,sys,run,tmp,root,etc,mnt,var/lib,usr/{bin,lib,lib64,share}}
	ln -s usr/bin "$1/bin"
	ln -s usr/bin "$1/sbin"
	ln -s bin "$1/usr/sbin"
	ln -s usr/lib "$1/lib"
	ln -s usr/lib64 "$1/lib64"
	echo 'root:x:0:0:root:/root:/bin/bash' >"$1/etc/passwd"
	echo 'nobody:x:65534:65534:nobody:/:/bin/false' >>"$1/etc/passwd"
	echo 'root:x:0:' >"$1/etc/group"
}

# image_modules DIR KERNEL MODULE…: those modules of the kernel in folder KERNEL (tests/guest/kernel made it), with
# what they depend on, unpacked. A kernel without modules has all of it built in.
image_modules() {
	local dir=$1 kernel=$2 release module path target
	shift 2
	[ -d "$kernel/lib/modules" ] || return 0
	release=$(cat "$kernel/release")
	mkdir -p "$dir/lib/modules/$release"
	cp "$kernel/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} "$dir/lib/modules/$release/"
	[ -e "$kernel/lib/modules/$release/modules.dep" ] || depmod -b "$kernel" "$release"
	for module; do
		for path in $(modprobe -d "$kernel" -S "$release" -D "$module" | awk '$1 == "insmod" { print $2 }'); do
			target=$dir${path#"$kernel"}
			mkdir -p "${target%/*}"
			case $path in
			*.xz) xz -dc "$path" >"${target%.xz}" ;;
			*.zst) zstd -dcq "$path" >"${target%.zst}" ;;
			*) cp "$path" "$target" ;;
			esac
		done
	done
	depmod -b "$dir" "$release"
}

# image_pack DIR FILE: make the initramfs FILE of DIR.
image_pack() {
	(cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) >"$2"
}
