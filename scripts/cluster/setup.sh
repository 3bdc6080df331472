#!/bin/sh
# Environment of the cluster adapters: Dask and PySpark in .cache/cluster, Java from Debian where it is missing.
set -eu
cd "$(dirname "$0")/../.."
if ! command -v java >/dev/null 2>&1; then
    echo "Java is missing: installing it from Debian (PySpark needs it)."
    apt-get -o DPkg::Lock::Timeout=600 update -q
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -q -y --no-install-recommends default-jre-headless
fi
if [ ! -x .cache/cluster/bin/python ] || [ scripts/cluster/requirements.lock -nt .cache/cluster/.installed ]; then
    .venv/bin/uv venv -q --clear --python .venv/bin/python .cache/cluster
    .venv/bin/uv pip install -q --python .cache/cluster/bin/python --require-hashes -r scripts/cluster/requirements.lock
    touch .cache/cluster/.installed
fi
