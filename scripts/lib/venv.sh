# The Python environment: .venv on the distribution's python3, which sees its Mininet.
# Sourced by install-deps (uses its die and say). pip's own settings and variables hold.

venv=.venv
stamp=$venv/.installed

# Everything that decides what the environment holds.
venv_wanted() {
    cat requirements.lock requirements-sdist.lock pyproject.toml scripts/lib/venv.sh | sha256sum
    pwd
    /usr/bin/python3 -I -c 'import sys; print(sys.version)'
}

venv_is_current() {
    [ -x "$venv/bin/testbed" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$1" ]
}

make_venv() {
    "$venv/bin/python" -I -m pip --version >/dev/null 2>&1 && return
    say "making $venv"
    /usr/bin/python3 -I -m venv --clear --system-site-packages "$venv" ||
        die "cannot make a Python environment in $venv (is python3-venv there, is the directory writable?)"
}

venv_pip() { "$venv/bin/python" -I -m pip --disable-pip-version-check -q "$@"; }

# IPMininet's own setup.py clones and installs Mininet under /opt when a wheel is made. Here the
# verified source is unpacked and that step taken out: no root, nothing outside of the venv.
install_ipmininet() {
    local scratch status=0
    scratch=$(mktemp -d)
    {
        venv_pip download --no-deps --no-build-isolation --use-pep517 --no-binary ipmininet \
            --require-hashes -r requirements-sdist.lock -d "$scratch" &&
            tar -xzf "$scratch"/ipmininet-*.tar.gz -C "$scratch" &&
            sed -i 's/^\( *\)setup_mininet_dep()$/\1pass/' "$scratch"/ipmininet-*/setup.py &&
            venv_pip install --no-deps --no-build-isolation --use-pep517 "$scratch"/ipmininet-*/
    } || status=$?
    rm -rf "$scratch"
    return "$status"
}

# Root too starts the command here: before its first line runs, Python would take modules from
# PYTHONPATH and the user's site. pip names the interpreter in line 1, one with a long path in 2.
isolate() {
    sed -i -e '1s|^#!.*/python[0-9.]*$|& -IXutf8|' -e "2s|^'''exec' .*python[^ ]*|& -IXutf8|" "$1"
    head -n 2 "$1" | grep -q 'python[^ ]* -I' || die "$1 does not begin as pip lets it begin"
}

prepare_venv() {
    local wanted
    [ -x /usr/bin/python3 ] || die "/usr/bin/python3 is missing; Mininet of the distribution needs it"
    wanted=$(venv_wanted)
    venv_is_current "$wanted" && return
    /usr/bin/python3 -I -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        die "python3 is older than 3.10"
    make_venv
    say "installing the locked Python packages into $venv"
    venv_pip install --require-hashes -r requirements.lock &&
        install_ipmininet &&
        venv_pip install --no-deps --no-build-isolation -e . ||
        die "pip could not install everything (see above); nothing outside of $venv was changed"
    isolate "$venv/bin/testbed"
    # What runs as root writes no byte code into the clone, so it is made now, by the user.
    "$venv/bin/python" -I -m compileall -q testbed
    printf '%s\n' "$wanted" >"$stamp"
}
