"""The league's settings with the reference views added to its addresses."""

from config.settings import *  # noqa: F403 -- all of them

ROOT_URLCONF = "bench.refs.addresses"
