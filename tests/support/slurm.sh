#!/usr/bin/env bash
# A SLURM of one node on this machine, for a test: `slurm.sh start FOLDER CPUS` begins it and prints its configuration's path, which
# SLURM_CONF is to be; `slurm.sh stop FOLDER` ends it. Needs root, and Debian's slurm-wlm and munge.
set -euo pipefail
action=$1 folder=$2

stop() {
  local name process
  for name in slurmctld slurmd munged; do
    [[ -s $folder/$name.pid ]] || continue
    process=$(<"$folder/$name.pid")
    kill "$process" 2>/dev/null || continue
    for _ in {1..50}; do
      kill -0 "$process" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$process" 2>/dev/null || true
  done
}

free_port() { # nobody listens on it now
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start() {
  local cpus=$1 node
  node=$(hostname -s)
  mkdir -p "$folder"/{state,spool}
  chmod 755 "$folder"
  (umask 077 && head -c 128 /dev/urandom >"$folder/munge.key")
  munged --socket="$folder/munge.sock" --key-file="$folder/munge.key" --pid-file="$folder/munged.pid" \
    --log-file="$folder/munged.log" --seed-file="$folder/munge.seed" --force 2>"$folder/munged.out"
  cat >"$folder/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.sock
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SlurmdParameters=config_overrides
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,sched_min_interval=0
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
MinJobAge=300
KillWait=30
NodeName=$node NodeAddr=127.0.0.1 CPUs=$cpus State=UNKNOWN
PartitionName=main Nodes=$node Default=YES MaxTime=INFINITE State=UP
CONF
  export SLURM_CONF=$folder/slurm.conf
  slurmctld
  slurmd -N "$node"
  for _ in {1..100}; do
    if sinfo -h -o %T 2>/dev/null | grep -q idle; then
      echo "$SLURM_CONF"
      return
    fi
    sleep 0.2
  done
  tail -n 20 "$folder"/*.log >&2
  stop
  exit 1
}

case $action in
  start) start "$3" ;;
  stop) stop ;;
esac
