#!/usr/bin/env bash
# Formats the C++ files that git knows, by .clang-format. With --check it changes nothing, and fails
# if a file is not formatted.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh

case ${1-} in
  "") action=(-i) ;;
  --check) action=(--dry-run --Werror) ;;
  *) echo "format.sh: unknown option $1 (known: --check)" >&2 && exit 64 ;;
esac
git ls-files -z --cached --others --exclude-standard -- '*.h' '*.cpp' '*.cu' |
  xargs -0 -r clang-format "${action[@]}"
