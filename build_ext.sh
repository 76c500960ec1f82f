#!/usr/bin/env bash
# Compiles, and with a word more sets this machine up and uses what it compiled. Run it again whenever you like: what is
# there and up to date is left alone.
#
#   ./build_ext.sh           compile native code and shaders
#   ./build_ext.sh run       install what is missing, compile, open the sample scene; without a display, fly through it
#                            and write pictures (run MODEL --scene MESH ... opens another one)
#   ./build_ext.sh test      install what is missing, compile, run the tests (what follows goes to pytest)
#
# Linux is the platform: Debian 12, Ubuntu 22.04 and later are installed for through apt.
set -euo pipefail
cd "$(dirname "$0")"

torch=torch==2.13.0 # the version that is tested; the packages themselves ask for 2.8 or later

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
fail() { printf 'build_ext.sh: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" > /dev/null; }

# The window's package has no wheel for Python 3.10, so a newer Python is preferred where one is installed.
find_python() {
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        if at_least 11; then return; fi
    done
    python=python3
    at_least 10 || fail "Python 3.10 or newer is needed: apt-get install python3 python3-venv"
}

at_least() { has "$python" && "$python" -c "import sys; sys.exit(sys.version_info < (3, $1))" 2> /dev/null; }

# meshoptimizer is compiled when it is installed.
has_headers() {
    "$python" -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' 2> /dev/null
}

missing_packages() {
    local libraries pair version
    has "${CXX:-g++}" || echo g++
    if ! at_least 11; then
        printf '%s\n' python3.11-venv python3.11-dev
    else
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        "$python" -c 'import venv, ensurepip' 2> /dev/null || echo "python$version-venv"
        has_headers || echo "python$version-dev"
    fi
    # What the window's libraries load: libX11 and libXext already when they are imported, the others with a display.
    libraries=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p)
    for pair in libvulkan.so.1:libvulkan1 libX11.so.6:libx11-6 libXext.so.6:libxext6 libXcursor.so.1:libxcursor1 \
        libXi.so.6:libxi6 libXrandr.so.2:libxrandr2 libXinerama.so.1:libxinerama1 libxkbcommon.so.0:libxkbcommon0; do
        [[ $libraries == *"${pair%:*} "* ]] || echo "${pair#*:}"
    done
    compgen -G '/usr/share/vulkan/icd.d/lvp_icd*.json' > /dev/null || echo mesa-vulkan-drivers
    if [ "$1" = test ]; then
        has glslangValidator || echo glslang-tools
        has Xvfb || echo xvfb
        has xdotool || echo xdotool
        has openbox || echo openbox
        has ffmpeg || echo ffmpeg
        compgen -G '/usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation*' > /dev/null ||
            echo vulkan-validationlayers
    fi
}

sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo -n)

apt_install() {
    "${sudo[@]}" apt-get update -qq || echo "    apt-get update failed; going on with the package lists that are there"
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

install_system_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$1")
    if [ ${#missing[@]} = 0 ]; then say "system packages: all there"; return; fi
    say "system packages: ${missing[*]} missing"
    if ! has apt-get || ! "${sudo[@]}" true 2> /dev/null; then
        echo "    This needs your hands:  sudo apt-get install ${missing[*]}"
        has "${CXX:-g++}" && "$python" -c 'import venv, ensurepip' && has_headers || exit 1
        return
    fi
    apt_install "${missing[@]}"
    find_python
}

# The tests of the web page are skipped without it: Ubuntu has it as a snap only, which containers cannot install.
install_browser() {
    if has chromium || has google-chrome; then return; fi
    say "Chromium: missing"
    apt_install chromium || echo "    It cannot be installed from here, so the tests of the web page are skipped."
}

install_python_packages() {
    local stamp key
    if ! .venv/bin/python -c '' 2> /dev/null; then
        say "virtual environment: making .venv with $("$python" --version)"
        "$python" -m venv --clear .venv
    fi
    stamp=.venv/set-up
    key=$(has nvidia-smi && echo nvidia; pwd; echo "$torch"; cat setup.py)
    if [ -f $stamp ] && [ "$(cat $stamp)" = "$key" ]; then say "Python packages: all there"; return; fi
    if has nvidia-smi && .venv/bin/python -m pip list 2> /dev/null | grep '^torch .*+cpu' > /dev/null; then
        say "Python packages: this torch is without CUDA and there is an NVIDIA driver now: removing it"
        .venv/bin/python -m pip uninstall --yes torch
    fi
    say "Python packages: installing into .venv, about 1 GB; some GB more where pip's torch comes with CUDA"
    has nvidia-smi || echo "    (to do without CUDA, name PyTorch's index of CPU builds in PIP_EXTRA_INDEX_URL)"
    .venv/bin/python -m pip install --use-pep517 "$torch" --editable '.[test]'
    printf '%s' "$key" > $stamp
}

compile() {
    say "native code"
    "$python" -m gsrender._build
    # The compiled shaders are part of the repository, so a compiler is needed only where a source changed without them.
    local stamp=build/shaders sources compiled
    sources=$(cat shaders/*.vert shaders/*.frag shaders/*.comp shaders/*.glsl | cksum)
    compiled=$(cat shaders/*.spv | cksum)
    mkdir -p build
    if [ -f $stamp ] && [ "$(sed -n 2p $stamp)" = "$compiled" ] && [ "$(sed -n 1p $stamp)" != "$sources" ]; then
        say "shaders: changed, compiling"
        has glslangValidator || fail "glslangValidator is missing: apt-get install glslang-tools"
        shaders/compile.sh
        compiled=$(cat shaders/*.spv | cksum)
    else
        say "shaders: up to date"
    fi
    printf '%s\n' "$sources" "$compiled" > $stamp
}

run() {
    local sample=(assets/street/model --scene assets/street/proxy.glb)
    if [ $# -gt 0 ]; then
        say "python -m viewer $*"
        exec .venv/bin/python -m viewer "$@"
    elif [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
        say "python -m viewer ${sample[*]}"
        exec .venv/bin/python -m viewer "${sample[@]}"
    fi
    say "no display: flying along the sample's path without a window"
    exec .venv/bin/python -m viewer bench "${sample[@]}" --cameras assets/street/transforms_fly.json \
        --json out/street.json --contact-sheet out/street.png
}

word=${1:-compile}
shift || true
find_python
case $word in
    compile) compile ;;
    run | test)
        install_system_packages "$word"
        if [ "$word" = test ]; then install_browser; fi
        compile
        install_python_packages
        if [ "$word" = run ]; then run "$@"; fi
        say "tests"
        exec .venv/bin/python -m pytest --timeout 300 "$@"  # seconds a test: one that hangs fails
        ;;
    -h | --help) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" ;;
    *) fail "$word is not a command: ./build_ext.sh [run|test]" ;;
esac
