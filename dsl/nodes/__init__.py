"""The syntax tree: what a program says, as frozen dataclasses, before anything is known about what it means.

A node keeps the span of the text it came from, which takes no part in equality, so that two programs that say the same
are equal. Later stages never rewrite a node: they keep tables beside the tree, looked up by the node's identity.
"""

from .base import *
from .devices import *
from .expressions import *
from .patterns import *
from .procedures import *
from .program import *
from .rules import *
from .scenarios import *
from .tables import *
from .twins import *
