"""The demo city: Baotou's real ground and census with people and demand that are made up.

`docs/demo-city.md` tells the recipe and where each assumption comes from.
"""

from data.demo.city import SEED, VOLUNTEERS, Demo, build_demo, write_demo
from data.demo.figures import figures

__all__ = ["SEED", "VOLUNTEERS", "Demo", "build_demo", "figures", "write_demo"]
