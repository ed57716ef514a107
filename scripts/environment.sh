# shellcheck shell=bash
# Read by the other scripts: lets Open MPI run where it refuses by default, as root (in a container)
# and with more ranks than cores.
if [[ $(id -u) == 0 ]]; then
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
export OMPI_MCA_rmaps_base_oversubscribe=1                   # Open MPI 4
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe  # Open MPI 5

# shellcheck disable=SC2034  # for the scripts that read this
cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
