#!/usr/bin/env bash
# Makes the archive of a release for one platform:
#
#     bash packaging/archive.sh VERSION TARGET PROGRAM FOLDER
#
# FOLDER gets pullcreds-VERSION-TARGET.tar.gz, or .zip for Windows: the program, its manual pages and completions, the
# licence and the documents. `pullcreds` on PATH prints the manual pages and completions, since PROGRAM may be for another
# platform. The same files make the same bytes.
set -euo pipefail

if [ "$#" -ne 4 ]; then
    sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
fi
version=$1 target=$2 program=$3 folder=$4
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
name=pullcreds-$version-$target
case $target in
*windows*) file=pullcreds.exe ;;
*) file=pullcreds ;;
esac

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$folder" "$stage/$name/man/man1" "$stage/$name/completions"
install -m 755 "$program" "$stage/$name/$file"
for document in LICENSE README.md CHANGELOG.md; do
    install -m 644 "$root/$document" "$stage/$name/$document"
done
pullcreds man --output "$stage/$name/man/man1"
while read -r shell completions; do
    pullcreds completions "$shell" >"$stage/$name/completions/$completions"
done <<'END'
bash pullcreds.bash
elvish pullcreds.elv
fish pullcreds.fish
powershell _pullcreds.ps1
zsh _pullcreds
END

# In the archive every file has the same time and no owner.
time=${SOURCE_DATE_EPOCH:-0}
if [ "$file" = pullcreds.exe ]; then
    python3 - "$stage" "$name" "$(cd "$folder" && pwd)/$name.zip" "$time" <<'END'
import os, sys, time, zipfile
stage, name, archive, moment = sys.argv[1:]
# Times in such archives begin in 1980.
date = max(time.gmtime(int(moment))[:6], (1980, 1, 1, 0, 0, 0))
with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
    for folder, folders, files in sorted(os.walk(os.path.join(stage, name))):
        for file in sorted(files):
            path = os.path.join(folder, file)
            entry = zipfile.ZipInfo(os.path.relpath(path, stage), date)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if file.endswith(".exe") else 0o100644) << 16
            with open(path, "rb") as source:
                out.writestr(entry, source.read())
END
else
    find "$stage/$name" -exec chmod u=rwX,go=rX {} +
    tar --sort=name --format=ustar --mtime="@$time" --owner=0 --group=0 --numeric-owner -C "$stage" -cf - "$name" |
        gzip -9 -n >"$folder/$name.tar.gz"
fi
