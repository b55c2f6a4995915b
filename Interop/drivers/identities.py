"""Identities for peers that do not make one of every type themselves."""

import base64
import json
import os
import subprocess

from .base import DriverError

KEY_SECONDS = 30


def make_identity(site, key_type):
    """The peer id and the libp2p PrivateKey protobuf of a new key."""
    program = os.path.join(os.path.dirname(__file__), "make_key.py")
    made = subprocess.run(
        [site.venv_python, program, key_type], capture_output=True, timeout=KEY_SECONDS, text=True, check=False
    )
    if made.returncode != 0:
        raise DriverError(f"no {key_type} key was made: {made.stderr.strip()[-300:]}")
    answer = json.loads(made.stdout)
    return answer["peer"], base64.b64decode(answer["private"])
