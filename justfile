# Recipes for daily work: `just` lists them. `bash .ci/run` runs all checks.

release := '--locked --release --features e2e,shared-checks'

_default:
    @just --list --unsorted

# Everything that must hold before a commit: format, lints, tests, documentation.
check: lint test docs

# The tests that need only Cargo.
test *args:
    cargo test --locked {{ args }}

# Format and lints.
lint:
    cargo fmt --check
    cargo clippy --locked --all-targets --all-features -- -D warnings

# Test the program with real helm, kustomize and kubectl; the first run installs them.
e2e target='helm':
    eval "$(bash .ci/tools.sh helm3 helm4 gpg kustomize kubectl go_oracle {{ if target == 'argocd' { 'static' } else { '' } }})" && cargo test {{ release }} --test {{ target }}

# The program without shared libraries, for any Linux of this architecture, as FILE.
static file='target/static/pullcreds':
    mkdir -p "$(dirname {{ file }})" && sh .ci/static.sh {{ file }}

# The Helm 4 plugin as a package with the program in it; `just helm-plugin FOLDER --sign --key NAME` signs it.
helm-plugin folder *args:
    cargo build --locked --profile dist
    bash .ci/helm-plugin.sh {{ folder }} target/dist/pullcreds {{ args }}

# The site from the documents, in FOLDER.
site folder='target/site':
    eval "$(bash .ci/tools.sh mdbook)" && bash .ci/site.sh {{ folder }}

# What is published and what pipelines take from the repository, and the completions in real shells.
packages:
    eval "$(bash .ci/tools.sh pre_commit zsh fish)" && cargo test {{ release }} --test packages --test shells

# The shared corpus, case tables and edit shapes (PULLCREDS_SHARED, else ../shared).
shared target='shared':
    eval "$(bash .ci/tools.sh python go_oracle)" && cargo test {{ release }} --test {{ target }}

# The filter against cat; `just bench --quick` for fewer rounds.
bench *args:
    cargo bench --locked --profile dist --bench filter -- {{ args }}

# Checks of 1,000 and 10,000 files against cat, and the memory of each file.
trees:
    cargo bench --locked --profile dist --bench trees

# Each format of a report against JSON, where every image lacks its pull secret; `just formats WORD` runs those with WORD in their names.
formats *args:
    cargo bench --locked --profile dist --bench formats -- {{ args }}

# How time grows with the input: each shape doubled three times; `just grow TEXT` runs those with TEXT in their names.
grow *args:
    cargo bench --locked --profile dist --bench grow -- {{ args }}

# How many instructions six runs take, against the figures that are kept; `just instructions --update` keeps the new ones.
instructions *args:
    cargo bench --locked --profile dist --bench instructions -- {{ args }}

# Other programs that read the same manifests, where they are installed.
peers *args:
    cargo bench --locked --profile dist --bench peers -- {{ args }}

# All benchmarks, and the page docs/performance.md with their tables. Run it on a machine that does nothing else.
performance:
    eval "$(bash .ci/tools.sh kubectl kustomize python)" && bash .ci/performance.sh

# Kill a hundred runs that write, render and filter, and check the files and processes that remain.
faults:
    cargo test {{ release }} --test faults -- --show-output

# Fuzz one target, or all of them for a minute each.
fuzz target='' seconds='60':
    #!/usr/bin/env bash
    set -euo pipefail
    eval "$(bash .ci/tools.sh cargo_fuzz)"
    export RUSTUP_TOOLCHAIN=nightly
    for name in {{ if target == '' { '$("$PULLCREDS_CARGO_FUZZ" list)' } else { target } }}; do
        corpora=("fuzz/corpus/$name")
        if [ -d "fuzz/seeds/$name" ]; then corpora+=("fuzz/seeds/$name"); fi
        mkdir -p "${corpora[0]}"
        "$PULLCREDS_CARGO_FUZZ" run --sanitizer none "$name" "${corpora[@]}" -- -dict=fuzz/seeds/words.dict -max_total_time={{ seconds }}
    done

# The API documentation, private items included.
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --document-private-items

# Accept the current output in the cases and the page of findings. Read the diff before you commit it.
accept:
    PULLCREDS_UPDATE=1 cargo test --locked --test cases --test docs
