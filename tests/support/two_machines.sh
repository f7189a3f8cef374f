#!/usr/bin/env bash
# Two machines, as network namespaces of this one joined by a cable (a veth pair): `two_machines.sh start NAME` makes NAME-a with
# 10.77.0.1 and NAME-b with 10.77.0.2, `cut NAME` pulls the cable, `stop NAME` removes all. Needs root and Debian's iproute2.
set -euo pipefail
action=$1 name=$2
case $action in
  start)
    ip netns add "$name-a"
    ip netns add "$name-b"
    ip -n "$name-a" link add cable type veth peer name cable netns "$name-b"
    for side in a:1 b:2; do
      ip -n "$name-${side%:*}" address add "10.77.0.${side#*:}/24" dev cable
      ip -n "$name-${side%:*}" link set cable up
      ip -n "$name-${side%:*}" link set lo up
    done
    ;;
  cut) ip -n "$name-a" link set cable down ;;
  stop)
    for side in a b; do
      ip netns pids "$name-$side" 2>/dev/null | xargs --no-run-if-empty kill -KILL || true
      ip netns delete "$name-$side" 2>/dev/null || true
    done
    ;;
esac
