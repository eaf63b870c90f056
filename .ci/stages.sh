# Sourced by .ci/check and .ci/run: named stages with times; the first that fails ends the run.

stage() { # stage NAME COMMAND [ARGUMENT…]
  local name=$1 started=$SECONDS status=0
  shift
  printf '── %s\n' "$name"
  # A subshell with its own -e: inside `if` or `||` bash would go on after a failing command.
  set +e
  (set -e; "$@") </dev/null
  status=$?
  set -e
  if [ "$status" -ne 0 ]; then
    printf '── %s: FAILED after %d s (exit %d)\n' "$name" $((SECONDS - started)) "$status" >&2
    exit "$status"
  fi
  printf '── %s: good, %d s\n\n' "$name" $((SECONDS - started))
}
