#!/bin/sh
# Installs what lgl uses and this machine lacks: oneDNN (Debian's libdnnl2) and libjpeg-turbo
# (libturbojpeg0), for speed, and the Fashion-MNIST images (Debian's dataset-fashion-mnist). Where there is no apt, the images come
# from their public address, checked against a pinned SHA-256, and lgl falls back to its pure Go
# engine. Running it again does nothing when nothing is missing.
#
# usage: scripts/setup.sh PATH-TO-LGL [tests]
#
# With "tests" it also installs Chromium, in which the tests look at the page of lgl ui.
set -u
lgl=$1

have_onednn() { "$lgl" doctor --json | grep -q '"name":"onednn","found":true'; }
have_turbojpeg() { "$lgl" doctor --json | grep -q '"decoder":"libjpeg-turbo'; }
have_chromium() { command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; }
have_images() { "$lgl" data info fashion-mnist >/dev/null 2>&1; }

# as_root runs a command as root, without asking for a password.
as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# install PACKAGE... by apt; quiet unless it fails. Prints why not, and returns 1.
install() {
	if ! command -v apt-get >/dev/null; then
		echo "setup: no apt-get here, so $* cannot be installed from packages" >&2
		return 1
	fi
	if ! as_root true 2>/dev/null; then
		echo "setup: installing $* needs root; run: sudo apt-get install $*" >&2
		return 1
	fi
	echo "setup: installing $*" >&2
	log=$(mktemp)
	if as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >"$log" 2>&1 ||
		{ as_root apt-get update -q >>"$log" 2>&1 &&
			as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >>"$log" 2>&1; }; then
		rm -f "$log"
		return 0
	fi
	echo "setup: apt-get could not install $*:" >&2
	tail -n 3 "$log" >&2
	rm -f "$log"
	return 1
}

if ! have_onednn; then
	install libdnnl2 && have_onednn ||
		echo "setup: oneDNN is not available; lgl will use its pure Go engine, which is several times slower" >&2
fi
if ! have_turbojpeg; then
	install libturbojpeg0 && have_turbojpeg ||
		echo "setup: libjpeg-turbo is not available; lgl will decode JPEG with Go's own decoder, which is several times slower" >&2
fi
if ! have_images; then
	install dataset-fashion-mnist && have_images || "$lgl" data fetch fashion-mnist || {
		echo "setup: Fashion-MNIST could not be had; install Debian's dataset-fashion-mnist, or put its four files in a folder and set LGL_DATA" >&2
		exit 1
	}
fi
if [ "${2-}" = tests ] && ! have_chromium; then
	install chromium && have_chromium ||
		echo "setup: Chromium is not available; the page of lgl ui will not be tested in a browser" >&2
fi
